import files from 'virtual:deck/recordings'

/** What a snippet printed, and the versions it ran on. */
export interface Recording { text: string, versions: string[] }

/** Returns the recording of a snippet; throws when there is none. */
export async function recordingOf(snippet: string): Promise<Recording> {
  const load = files[snippet]
  if (!load)
    throw new Error(`${snippet} has no recording; make it with: pytest --record snippets/${snippet}`)
  return load()
}
