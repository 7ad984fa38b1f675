// What the tests know of this talk: its facts, its supporting snippets, its claims, its exemptions.
import { readFileSync } from 'node:fs'
import claims from './claims.mjs'

const list = name => JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8'))

export const lists = { facts: list('facts.json'), supporting: list('supporting.json'), claims }
export const exemptions = list('exemptions.json')
