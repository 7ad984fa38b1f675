// What the titles say, held against what was measured. Each check gets the measurements by name, and returns true or why not.
export default {
}
