/** What snippets and benchmarks measured: `snippets/outputs/*.json`, by file name. */
const files = import.meta.glob<Record<string, unknown>>('../../snippets/outputs/*.json', {
  eager: true,
  import: 'default',
})

/** Returns the value at a dotted path such as `footprint.stacks.0.mb`; throws when there is none. */
export function measured<T>(path: string): T {
  const [name, ...keys] = path.split('.')
  let value: any = files[`../../snippets/outputs/${name}.json`]
  for (const key of keys)
    value = value?.[key]
  if (value === undefined)
    throw new Error(`nothing was measured at ${path}`)
  return value
}
