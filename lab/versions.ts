/** Everything the lab is made of, pinned. The `go/` modules pin the same versions again (`versions.test.ts` compares them). */
export const versions = {
  kubernetes: '1.37.2',
  etcd: '3.7.3',
  containerd: '2.4.2',
  cniPlugins: '1.9.1',
  /** `crane`, which puts images together in a registry without a daemon. */
  crane: '0.22.1',
  /** The Go module version of Jaeger 2.13. */
  jaeger: '1.76.0',
  opentelemetryAgent: '2.33.1',
  skywalkingAgent: '9.4.0',
  /** What the Java sources compile against; the images run the Tomcat 10.1 of the Debian release below. */
  tomcat: '10.1.24',
  debian: 'bookworm',
} as const;

/** Debian packages the lab uses on the machine, on top of git, Node, npm, Go, a JDK, Maven and gcc. */
export const debianPackages = [
  'buildah',
  'busybox-static',
  'ca-certificates',
  'conntrack',
  'debootstrap',
  'docker-registry',
  'iproute2',
  'nftables',
  'openssl',
  'runc',
  'skopeo',
  'umoci',
  'util-linux',
] as const;
