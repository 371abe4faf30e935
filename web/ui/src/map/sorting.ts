// Puts the rows of a table in order. Pure.
import type { Item } from './ogc'
import type { Column } from './types'

export interface Order {
  column: string // empty: as the server sent them
  down: boolean
}

const collator = new Intl.Collator('vi', { numeric: true })

/** The rows by one column; what has no value comes last either way. */
export function sortRows<T extends Pick<Item, 'properties'>>(rows: readonly T[], order: Order, columns: readonly Pick<Column, 'name' | 'type'>[]): readonly T[] {
  const type = columns.find((c) => c.name === order.column)?.type
  if (!type) return rows
  const numeric = type === 'number' || type === 'integer'
  const sign = order.down ? -1 : 1
  const empty = (v: unknown) => v === null || v === undefined || v === ''
  return [...rows].sort((a, b) => {
    const [x, y] = [a.properties[order.column], b.properties[order.column]]
    if (empty(x) || empty(y)) return Number(empty(x)) - Number(empty(y))
    return sign * (numeric ? Number(x) - Number(y) : collator.compare(String(x), String(y)))
  })
}
