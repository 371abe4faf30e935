// The kinds of layers that new ones are made of. Without them one can still make a
// layer of the file's own fields.
import { call } from '../../lib/api'
import type { Text } from '../../lib/types'
import type { Column } from '../types'

export interface Template {
  name: string
  layer: { title: Text; columns: Column[] | null; dated: boolean }
}

let list = $state.raw<Template[]>([])

export const templates = (): readonly Template[] => list

export async function readTemplates(): Promise<void> {
  if (list.length) return
  list = await call<{ templates: Template[] | null }>('/layer-templates').then((b) => b.templates ?? [], () => [])
}
