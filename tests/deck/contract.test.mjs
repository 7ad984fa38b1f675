// The talk and what it stands on agree, and its claims could fail: no browser needed.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checks, contract, judge, measurements, say } from '../../addon/checks/contract.mjs'
import { configOf } from '../../addon/deck/config.mjs'
import { load } from '../../addon/deck/slides.mjs'

const deck = await load()
const config = await configOf(deck.root)
const findings = contract(deck, config)

for (const check of Object.keys(checks)) {
  test(`the deck keeps its contract: ${check}`, () => {
    const found = findings.filter(finding => finding.check === check).map(say)
    assert.equal(found.length, 0, `\n${found.join('\n')}`)
  })
}

/** Every number in nested data, as the object or list that holds it and the key there. */
function leaves(holder) {
  return Object.entries(holder).flatMap(([key, value]) => typeof value === 'number' ? [{ holder, key }] : value && typeof value === 'object' ? leaves(value) : [])
}

for (const [title, claim] of Object.entries(config.claims)) {
  test(`measurements under which "${title}" is no longer true`, () => {
    const data = measurements(deck.root, config.recordings)
    assert.equal(judge(claim, data), true)
    assert.ok(leaves(data).some(({ holder, key }) => {
      const value = holder[key]
      const verdicts = [0, 1000, 0.001].map(factor => judge(claim, (holder[key] = value * factor, data)))
      holder[key] = value
      return verdicts.some(verdict => verdict !== true)
    }), 'no measurement changes it')
  })
}
