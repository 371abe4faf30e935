// Files as agencies send them, made by GDAL for the tests.
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, readdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** A plot of 40 m by the town of Sóc Trăng in VN-2000, TM-3 105°30'. */
export interface Plot {
  number: number
  east?: number // metres that it is moved by
  name: string // bytes of the old encoding, one a character
  ring?: [number, number][] // instead of a square
}

const ringOf = (p: Plot): [number, number][] => {
  const [x, y] = [550_000 + p.number * 50 + (p.east ?? 0), 1_060_000]
  return p.ring ?? [[x, y], [x + 40, y], [x + 40, y + 40], [x, y + 40], [x, y]]
}

/** A zipped Shapefile of the plots, without .prj and .cpg, its text as it is. */
export async function shapefile(plots: readonly Plot[]): Promise<Buffer> {
  const dir = await mkdtemp(join(tmpdir(), 'haidang-files-'))
  const lines = plots.map((p) => `"POLYGON((${ringOf(p).map((q) => q.join(' ')).join(',')}))",${p.number},"${p.name}"`)
  await writeFile(join(dir, 'in.csv'), Buffer.from(['WKT,so_thua,dia_chi', ...lines, ''].join('\n'), 'latin1'))
  await run('ogr2ogr', ['-f', 'ESRI Shapefile', join(dir, 'out'), join(dir, 'in.csv'), '-oo', 'GEOM_POSSIBLE_NAMES=WKT', '-oo', 'KEEP_GEOM_COLUMNS=NO', '-lco', 'ENCODING=', '-nlt', 'POLYGON', '-nln', 'thua'])
  const names = (await readdir(join(dir, 'out'))).filter((n) => /\.(shp|shx|dbf)$/.test(n))
  return zip(await Promise.all(names.map(async (n) => [n, await readFile(join(dir, 'out', n))] as const)))
}

/** A grey GeoTIFF of so many pixels of 1 m by the same town, without a coordinate system. */
export async function geotiff(side: number): Promise<Buffer> {
  const dir = await mkdtemp(join(tmpdir(), 'haidang-files-'))
  const pixels = Buffer.alloc(side * side)
  for (let i = 0; i < pixels.length; i++) pixels[i] = ((i % side >> 5) + (Math.floor(i / side) >> 5)) % 2 ? 210 : 90
  await writeFile(join(dir, 'in.pgm'), Buffer.concat([Buffer.from(`P5 ${side} ${side} 255\n`), pixels]))
  const corners = [550_000, 1_060_000 + side, 550_000 + side, 1_060_000].map(String)
  await run('gdal_translate', ['-q', '-a_ullr', ...corners, join(dir, 'in.pgm'), join(dir, 'out.tif')])
  return readFile(join(dir, 'out.tif'))
}

/** A zip of stored entries. */
export function zip(files: readonly (readonly [name: string, content: Buffer])[]): Buffer {
  const [bodies, entries]: [Buffer[], Buffer[]] = [[], []]
  let at = 0
  for (const [name, content] of files) {
    const common = Buffer.alloc(26) // from the version needed on
    common.writeUInt16LE(20, 0)
    common.writeUInt16LE(0x21, 8) // 1 January 1980
    common.writeUInt32LE(crc32(content), 10)
    common.writeUInt32LE(content.length, 14)
    common.writeUInt32LE(content.length, 18)
    common.writeUInt16LE(name.length, 22)
    bodies.push(Buffer.from('PK\x03\x04'), common, Buffer.from(name), content)
    const tail = Buffer.alloc(14)
    tail.writeUInt32LE(at, 10)
    entries.push(Buffer.from('PK\x01\x02\x14\x00'), common, tail, Buffer.from(name))
    at += 30 + name.length + content.length
  }
  const directory = Buffer.concat(entries)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  end.writeUInt16LE(files.length, 8)
  end.writeUInt16LE(files.length, 10)
  end.writeUInt32LE(directory.length, 12)
  end.writeUInt32LE(at, 16)
  return Buffer.concat([...bodies, directory, end])
}

function crc32(bytes: Buffer): number {
  let crc = ~0
  for (const b of bytes) {
    crc ^= b
    for (let k = 0; k < 8; k++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  }
  return ~crc >>> 0
}
