// The modules that vite/ makes.
declare module 'virtual:deck/recordings' {
  const files: Record<string, () => Promise<{ text: string, versions: string[] }>>
  export default files
}

declare module 'virtual:deck/measurements' {
  const files: Record<string, unknown>
  export default files
}

declare module 'virtual:run-token' {
  export const token: string
}

declare module 'virtual:deck/handouts' {
  const names: string[]
  export default names
}

// What Slidev puts in the place of these names.
declare const __DEV__: boolean
