import files from 'virtual:deck/measurements'

/** Returns the value at a dotted path in what was measured, such as `footprint.stacks.0.mb`; throws when there is none. */
export function measured<T>(path: string): T {
  const value = path.split('.').reduce<any>((value, key) => value?.[key], files)
  if (value === undefined)
    throw new Error(`nothing was measured at ${path}`)
  return value
}
