/** The two families of image formats. They are equal in meaning; an image stays in the family it was pushed in, since some registries refuse the other. */
export type Family = 'oci' | 'docker';

/** The media types each family writes. */
export const mediaTypes = {
  oci: {
    manifest: 'application/vnd.oci.image.manifest.v1+json',
    index: 'application/vnd.oci.image.index.v1+json',
    config: 'application/vnd.oci.image.config.v1+json',
    layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
  },
  docker: {
    manifest: 'application/vnd.docker.distribution.manifest.v2+json',
    index: 'application/vnd.docker.distribution.manifest.list.v2+json',
    config: 'application/vnd.docker.container.image.v1+json',
    layer: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
  },
} as const satisfies { readonly [family in Family]: { readonly [role: string]: string } };

/** What a manifest of this media type is; undefined for everything that is not an image or an index of images. */
export function classifyManifest(mediaType: string): { readonly kind: 'image' | 'index'; readonly family: Family } | undefined {
  for (const family of ['oci', 'docker'] as const) {
    if (mediaType === mediaTypes[family].manifest) return { kind: 'image', family };
    if (mediaType === mediaTypes[family].index) return { kind: 'index', family };
  }
  return undefined;
}

/** Whether this is the config of a runnable image (and not of a chart, a policy or another artifact that travels as a manifest). */
export function isImageConfigType(mediaType: string): boolean {
  return mediaType === mediaTypes.oci.config || mediaType === mediaTypes.docker.config;
}

/** Whether this is a file system layer in tar form, whatever its compression; foreign and non-distributable ones count. */
export function isTarLayerType(mediaType: string): boolean {
  return /^application\/vnd\.(?:oci\.image\.layer\.(?:nondistributable\.)?v1\.tar|docker\.image\.rootfs\.(?:foreign\.)?diff\.tar)(?:[.+]\w+)*$/.test(mediaType);
}
