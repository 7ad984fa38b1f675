// What the fixture claims: the smallest deck that every check has something to say about.
export default {
  tests: 'tests',
  artefacts: ['public/pictures'],
  claims: {
    'Twice the length takes four times the comparisons': ({ count: { comparisons: [once, twice] } }) =>
      Math.round(twice / once) === 4 || `it takes ${(twice / once).toFixed(1)} times the comparisons`,
  },
  units: ['passes'],
  facts: [{ text: '80 %', source: 'a round number, for the fixture' }],
  unshown: [{ path: 'snippets/count.py', reason: 'counts what a title claims' }],
}
