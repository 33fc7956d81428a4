/** A repository on a registry: `registry.example.com:5000` + `team/app`. */
export interface Repository {
  /** Host with port, as used on the wire (`registry-1.docker.io` stays an adapter's business: here `docker.io`). */
  readonly registry: string;
  readonly path: string;
}
