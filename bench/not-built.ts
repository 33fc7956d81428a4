/** A benchmark that cannot run here because a program of the lab was never built. */
export class NotBuilt extends Error {
  constructor(program: string) {
    super(`${program} is not there: run \`npm run lab -- build\` first (Debian 12, as root; see lab/README.md)`);
  }
}
