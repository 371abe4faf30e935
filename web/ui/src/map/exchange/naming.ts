// Names as the server makes and pairs them (geo/imports: columnName, sameName).

/** Takes case and Vietnamese marks away. */
const fold = (s: string): string => s.trim().toLowerCase().normalize('NFD').replace(/\p{Mn}/gu, '').replaceAll('đ', 'd')

/** A code of any text: small letters, digits and low lines, beginning with a letter. */
export function codeOf(title: string, most = 40): string {
  const code = fold(title).replace(/[^a-z0-9]+/g, '_').replace(/^[^a-z]+|_+$/g, '')
  return code.slice(0, most).replace(/_+$/, '')
}

const plain = (s: string): string => fold(s).replace(/[^a-z0-9]+/g, '_').replace(/^_+|_+$/g, '')

/** Whether a field goes with a column or its label; a Shapefile cuts names after ten bytes. */
export function sameName(field: string, name: string): boolean {
  const [f, n] = [plain(field), plain(name)]
  return n !== '' && (f === n || (f.length === 10 && n.length > 10 && n.startsWith(f)))
}
