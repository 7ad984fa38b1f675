// What the map uses of a package that brings no types.
declare module 'topojson-client' {
  export const feature: (topology: any, object: any) => any
  export const merge: (topology: any, objects: any[]) => any
  export const mesh: (topology: any, object: any, filter: (a: object, b: object) => boolean) => any
}
