// Accounts as the API spells them, and a grant in words.
import { agencyName, unitName } from './catalogue.svelte'
import { roleWord } from './roles'

export interface Grant {
  role: string
  agency?: string
  unit?: string
}

export interface Account {
  name?: string
  account?: string
  fullName: string
  disabled: boolean
  grants: Grant[] | null
  lastSignIn?: string | null
}

/** What the person signs in with; older answers call it account. */
export const accountName = (a: Account): string => a.name ?? a.account ?? ''

/** "Biên tập, Sở Y tế, Mỹ Xuyên". */
export const grantWords = (g: Grant): string =>
  [roleWord(g.role), g.agency && agencyName(g.agency), g.unit && unitName(g.unit)].filter(Boolean).join(', ')
