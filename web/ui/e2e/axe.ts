import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { Page } from '@playwright/test'

interface Found { id: string; nodes: { html: string }[] }

/** What axe finds wrong with the page, by WCAG 2.2 A and AA. */
export async function faults(page: Page): Promise<string[]> {
  const source = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
  await page.evaluate(source)
  const { violations } = await page.evaluate(() =>
    (window as unknown as { axe: { run(of: Document, options: object): Promise<{ violations: Found[] }> } }).axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }))
  return violations.map((v) => `${v.id}: ${v.nodes[0]?.html}`)
}
