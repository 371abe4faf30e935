// Cuts the fonts the pages carry. One Inter file holds Latin and Vietnamese: the
// usual two files break kerning inside nearly every Vietnamese word.
// A file is cut again only when its source is newer.
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import subsetFont from 'subset-font'

const modules = new URL('../node_modules/', import.meta.url)
const out = new URL('../src/lib/fonts/', import.meta.url)

const range = (from, to) => String.fromCodePoint(...Array.from({ length: to - from + 1 }, (_, i) => from + i))
const latin = range(0x20, 0x7e) + range(0xa0, 0x17f) + 'ƠơƯư\u0300\u0301\u0302\u0303\u0306\u0309\u031b\u0323' + range(0x1ea0, 0x1ef9) + range(0x2010, 0x2015) +
  '‘’“”„†•…‰′″‹›⁄€₫←↑→↓−∞≈≠≤≥×÷²³₀₁₂₃₄₅₆₇₈₉⁰⁴⁵⁶⁷⁸⁹⁺⁻°µ\u2009\u202f'
// Citizens' pages: what Vietnamese and English are written with, a third lighter than the room's file.
const plain = range(0x20, 0x7e) + '\u00a0«°·»×÷ÀÁÂÃÈÉÊÌÍÒÓÔÕÙÚÝàáâãèéêìíòóôõùúýĂăĐđĨĩŨũƠơƯư\u0300\u0301\u0302\u0303\u0306\u0309\u031b\u0323' + range(0x1ea0, 0x1ef9) + '–—‘’“”•…−'
const khmer = range(0x1780, 0x17dd) + range(0x17e0, 0x17e9) + '\u200b\u200c\u200d\u25cc'

// Kerning, marks and digits; Inter's alternates of letters stay behind.
const spelling = ['kern', 'mark', 'mkmk', 'ccmp', 'locl', 'calt', 'tnum', 'zero']

const jobs = [
  { from: 'inter-ui/variable/InterVariable.woff2', to: 'inter-vi.woff2', text: latin, features: spelling, axes: { wght: { min: 400, max: 700 }, opsz: 14 } },
  // The map's engine draws a font file at its default weight only, so its strong words have their own file.
  { from: 'inter-ui/variable/InterVariable.woff2', to: 'inter-map-strong.woff2', text: latin, features: ['mark', 'mkmk', 'ccmp'], axes: { wght: 620, opsz: 14 } },
  { from: 'inter-ui/variable/InterVariable.woff2', to: 'inter-public.woff2', text: plain, features: ['kern', 'mark', 'mkmk', 'ccmp', 'locl', 'tnum'], axes: { wght: { min: 400, max: 600 }, opsz: 14 } },
  { from: '@fontsource-variable/noto-sans-khmer/files/noto-sans-khmer-khmer-wght-normal.woff2', to: 'noto-khmer.woff2', text: khmer, axes: { wght: { min: 400, max: 600 } } },
  { from: '@fontsource-variable/noto-sans-khmer/files/noto-sans-khmer-khmer-wght-normal.woff2', to: 'khmer-name.woff2', text: 'ខ្មែរ', axes: { wght: 400 } },
]

const time = async (url) => (await stat(url).catch(() => undefined))?.mtimeMs ?? 0

await mkdir(out, { recursive: true })
const self = await time(new URL(import.meta.url))
for (const { from, to, text, axes, features } of jobs) {
  const source = new URL(from, modules)
  const target = new URL(to, out)
  if ((await time(target)) > Math.max(self, await time(source))) continue
  const font = await subsetFont(await readFile(source), text, { targetFormat: 'woff2', variationAxes: axes, ...(features && { keepFeatures: features }) })
  await writeFile(target, font)
  console.log(`${to} ${(font.length / 1024).toFixed(0)} kB`)
}
