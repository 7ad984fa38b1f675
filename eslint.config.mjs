import antfu from '@antfu/eslint-config'

export default antfu({
  type: 'app',
  ignores: ['**/*.md', 'addon/tests/deck', 'addon/tests/other', 'snippets', 'addon/upstream'],
  markdown: false,
  toml: false,
  yaml: false,
  jsonc: false,
}, {
  rules: {
    // Node's own names read well as they are: process, Buffer, console in commands, node:test, await at the top.
    'antfu/no-top-level-await': 'off',
    'no-console': 'off',
    'node/prefer-global/buffer': 'off',
    'node/prefer-global/process': 'off',
    'test/no-import-node-test': 'off',
    // Line breaks in a template are text, and how a list is broken is taste.
    'antfu/consistent-chaining': 'off',
    'antfu/consistent-list-newline': 'off',
    'antfu/top-level-function': 'off',
    'style/multiline-ternary': 'off',
    'style/no-mixed-operators': 'off',
    'vue/define-macros-order': 'off',
    'vue/singleline-html-element-content-newline': 'off',
    // Source of this repository is all that these expressions read.
    'regexp/no-contradiction-with-assertion': 'off',
    'regexp/no-super-linear-backtracking': 'off',
    'regexp/no-unused-capturing-group': 'off',
    'regexp/optimal-quantifier-concatenation': 'off',
    // `textContent` is what the tests and the page mean; a comma in an arrow says "then".
    'no-sequences': 'off',
    'unicorn/prefer-dom-node-text-content': 'off',
  },
})
