/** The United States on a page: outline, borders, and where a place lies. */
import { geoAlbersUsa, geoIdentity, geoPath } from 'd3-geo'
import { feature, merge, mesh } from 'topojson-client'
import atlas from 'us-atlas/states-albers-10m.json'

// us-atlas is projected already, for a page of 975 by 610.
const WIDTH = 975
const HEIGHT = 610
const INSETS = ['02', '15'] // Alaska and Hawaii, by their FIPS codes

export function drawMap(width: number) {
  const scale = width / WIDTH
  const path = geoPath(geoIdentity().scale(scale)).digits(1)
  const topology = atlas as any
  return {
    height: Math.round(HEIGHT * scale),
    nation: path(feature(topology, topology.objects.nation) as any)!,
    mainland: path(merge(topology, topology.objects.states.geometries.filter(({ id }: { id: string }) => !INSETS.includes(id))))!,
    borders: path(mesh(topology, topology.objects.states, (a: object, b: object) => a !== b))!,
    project: geoAlbersUsa().scale(1300 * scale).translate([WIDTH / 2 * scale, HEIGHT / 2 * scale]),
  }
}
