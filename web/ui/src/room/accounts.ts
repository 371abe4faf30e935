// Accounts as the API spells them, and a grant in words.
import { agencyName, unitName } from './catalogue.svelte'
import { roleWord } from './roles'

export interface Grant {
  role: string
  agency?: string
  unit?: string
}

export interface Account {
  account: string // what the person signs in with
  fullName: string
  disabled: boolean
  demo: boolean // its password is known to everybody
  createdAt: string
  grants: Grant[] | null
}

/** "Biên tập, Sở Y tế, Mỹ Xuyên". */
export const grantWords = (g: Grant): string =>
  [roleWord(g.role), g.agency && agencyName(g.agency), g.unit && unitName(g.unit)].filter(Boolean).join(', ')
