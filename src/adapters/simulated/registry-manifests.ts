import { sha256Digest } from '../../core/image/digest.ts';
import { hashesTo, refuse, type RegistryAnswer, type RepositoryQuestion } from './registry-question.ts';
import { findMissingContent, subjectOf } from './simulated-registry-content.ts';

const MAX_MANIFEST = 4 * 1024 * 1024;
const TAG = /^\w[\w.-]{0,127}$/;

/** What a registry answers about manifests; `id` is a tag or a digest. */
export function answerManifest(asked: RepositoryQuestion): RegistryAnswer {
  const { method, id, stored } = asked;
  if (method === 'PUT') return putManifest(asked);
  const digest = id.includes(':') ? id : stored.tags.get(id);
  const manifest = digest === undefined ? undefined : stored.manifests.get(digest);
  if (!manifest || digest === undefined) return refuse(404, 'MANIFEST_UNKNOWN', 'manifest unknown', id);
  if (method !== 'DELETE') {
    const headers = { 'content-type': manifest.mediaType, 'docker-content-digest': digest };
    return { status: 200, headers, body: manifest.bytes };
  }
  if (id.includes(':')) {
    stored.manifests.delete(digest);
    for (const [tag, tagged] of stored.tags) if (tagged === digest) stored.tags.delete(tag);
  } else {
    stored.tags.delete(id);
  }
  return { status: 202 };
}

function putManifest({ id, stored, name, headers, body }: RepositoryQuestion): RegistryAnswer {
  const mediaType = headers['content-type'] ?? '';
  if (body.length > MAX_MANIFEST) return refuse(413, 'SIZE_INVALID', `manifests may have ${MAX_MANIFEST} bytes`);
  if (id.includes(':') ? !hashesTo(id, body) : !TAG.test(id)) return refuse(400, id.includes(':') ? 'DIGEST_INVALID' : 'TAG_INVALID', 'not this content', id);
  const missing = findMissingContent(body, stored);
  if (missing) return refuse(400, missing.code, missing.message, missing.detail);
  const digest = id.includes(':') ? id : sha256Digest(body);
  stored.manifests.set(digest, { digest, mediaType, bytes: body });
  if (!id.includes(':')) stored.tags.set(id, digest);
  const subject = subjectOf(body);
  const told = subject === undefined ? {} : { 'oci-subject': subject };
  return { status: 201, headers: { location: `/v2/${name}/manifests/${digest}`, 'docker-content-digest': digest, ...told } };
}
