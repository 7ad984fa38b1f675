// The deck and what it stands on agree: no browser needed.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { load } from '../../addon/deck/slides.mjs'
import { checks, contract, say } from '../../addon/checks/contract.mjs'
import { configOf } from '../../addon/deck/config.mjs'

const findings = contract(await load(), await configOf('.'))

for (const check of Object.keys(checks)) {
  test(`the deck keeps its contract: ${check}`, () => {
    const found = findings.filter(finding => finding.check === check).map(say)
    assert.equal(found.length, 0, `\n${found.join('\n')}`)
  })
}
