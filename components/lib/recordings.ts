/** What a snippet printed, and the versions of what it ran on. */
export interface Recording { text: string, versions: string[] }

const files = import.meta.glob<Recording>('../../snippets/outputs/*.txt', { query: '?recording' })

/** Returns the recording of a snippet; throws when there is none. */
export async function recordingOf(snippet: string): Promise<Recording> {
  const load = files[`../../snippets/outputs/${snippet}.txt`]
  if (!load)
    throw new Error(`${snippet} has no recording; make it with: pytest snippets/ --record`)
  return load()
}
