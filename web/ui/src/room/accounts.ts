// Accounts as the API spells them, and a grant in words.
import { agencyName, unitName } from './catalogue.svelte'
import { roleWord } from './roles'

export interface Grant {
  role: string
  agency: string // empty: all agencies
  unit: string // empty: the whole province
}

export interface Account {
  account: string // what the person signs in with
  fullName: string
  disabled: boolean
  demo: boolean // its password is known to everybody
  createdAt: string
  grants: Grant[] | null
}

/** The least of rights, everywhere. */
export const plainGrant = (): Grant => ({ role: 'viewer', agency: '', unit: '' })

/** "Biên tập, Sở Y tế, Mỹ Xuyên". */
export const grantWords = (g: Grant): string =>
  [roleWord(g.role), g.agency && agencyName(g.agency), g.unit && unitName(g.unit)].filter(Boolean).join(', ')
