/** Flags that make Node write `<dir>/<name>.cpuprofile` when the process ends in order. */
export function profileFlags(dir: string, name: string): string[] {
  return ['--cpu-prof', `--cpu-prof-dir=${dir}`, `--cpu-prof-name=${name}.cpuprofile`];
}
