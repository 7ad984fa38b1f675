// The accents stay apart for those who do not see red, green or blue: matrices of Machado, Oliveira and Fernandes (2009), severity 1.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { root } from '../../scripts/install.mjs'

const SIGHT = {
  'all colours': [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  'no red (protanopia)': [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
  'no green (deuteranopia)': [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
  'no blue (tritanopia)': [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
const APART = 0.06 // in Oklab, where 0.02 is the least difference that is seen side by side
const NAMES = ['onnx-accent', 'ort-accent', 'skl-accent']

const css = readFileSync(join(root, 'styles/tokens.css'), 'utf8')
const schemes = { light: css.split('html.dark')[0], dark: css.split('html.dark')[1] }
const times = (matrix, vector) => matrix.map(row => row.reduce((sum, value, i) => sum + value * vector[i], 0))
const linear = hex => hex.match(/\w\w/g).map(part => Number.parseInt(part, 16) / 255).map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)

/** Linear sRGB in Oklab (Ottosson 2020). */
function oklab(rgb) {
  const lms = times([[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566], [0.0883024619, 0.2817188376, 0.6299787005]], rgb.map(part => Math.min(Math.max(part, 0), 1)))
  return times([[0.2104542553, 0.7936177850, -0.0040720468], [1.9779984951, -2.4285922050, 0.4505937099], [0.0259040371, 0.7827717662, -0.8086757660]], lms.map(Math.cbrt))
}

for (const [scheme, text] of Object.entries(schemes)) {
  for (const [sight, matrix] of Object.entries(SIGHT)) {
    test(`the accents are told apart, ${scheme}, to eyes that see ${sight}`, () => {
      const seen = NAMES.map(name => oklab(times(matrix, linear(text.match(new RegExp(`--${name}: (#\\w{6})`))[1]))))
      for (const [i, j] of [[0, 1], [0, 2], [1, 2]]) {
        const apart = Math.hypot(...seen[i].map((part, axis) => part - seen[j][axis]))
        assert.ok(apart >= APART, `--${NAMES[i]} and --${NAMES[j]} are ${apart.toFixed(3)} apart; change one of them in styles/tokens.css`)
      }
    })
  }
}
