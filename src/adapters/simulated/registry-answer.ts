import { mediaTypes } from '../../core/image/media-types.ts';
import { answerManifest } from './registry-manifests.ts';
import { hashesTo, refuse, type RegistryAnswer, type RegistryQuestion, type RepositoryQuestion } from './registry-question.ts';
import type { Uploads } from './registry-uploads.ts';
import { findReferrers, type RegistryStore, type StoredRepository } from './simulated-registry-content.ts';

export interface RegistryState {
  readonly store: RegistryStore;
  readonly uploads: Uploads;
}

const NAME = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const ROUTE = /^\/v2\/(?<name>.+)\/(?<kind>blobs\/uploads|blobs|manifests|tags|referrers)\/(?<id>[^/]*)$/;

/** What a registry answers. Source: distribution-spec 1.1, "Endpoints". */
export function answerRegistry(question: RegistryQuestion, state: RegistryState): RegistryAnswer {
  if (/^\/v2\/?$/.test(question.url.pathname)) return { status: 200, body: '{}' };
  const { name, kind, id } = ROUTE.exec(decodeURIComponent(question.url.pathname))?.groups ?? {};
  if (name === undefined || kind === undefined || id === undefined) return refuse(404, 'UNSUPPORTED', 'no such endpoint');
  if (!NAME.test(name)) return refuse(400, 'NAME_INVALID', 'invalid repository name');
  const asked = { ...question, name, id, stored: state.store.repository(`${question.url.host}/${name}`) };
  if (kind === 'blobs/uploads') return answerUpload(asked, state);
  if (kind === 'blobs') return answerBlob(asked);
  if (kind === 'manifests') return answerManifest(asked);
  return kind === 'tags' ? listTags(asked) : listReferrers(asked);
}

function answerUpload(asked: RepositoryQuestion, { store, uploads }: RegistryState): RegistryAnswer {
  const { method, url, headers, body, name, id, stored } = asked;
  if (method === 'POST' && id === '') return startUpload(asked, { store, uploads });
  const sent = uploads.get(id);
  if (!sent) return refuse(404, 'BLOB_UPLOAD_UNKNOWN', 'blob upload unknown to registry');
  const location = `/v2/${name}/blobs/uploads/${id}`;
  const state = (length: number) => ({ location, range: `0-${Math.max(length - 1, 0)}` });
  const [, from] = /^(\d+)-\d+$/.exec(headers['content-range'] ?? '') ?? [];
  if (method === 'GET') return { status: 204, headers: state(sent.length) };
  if (method === 'DELETE') {
    uploads.close(id);
    return { status: 204 };
  }
  if (from !== undefined && Number(from) !== sent.length) return { status: 416, headers: state(sent.length) };
  if (method === 'PATCH') return { status: 202, headers: state(uploads.append(id, body).length) };
  if (method !== 'PUT') return refuse(405, 'UNSUPPORTED', 'method not allowed');
  uploads.close(id);
  return keepBlob(stored, name, { digest: url.searchParams.get('digest') ?? '', bytes: Buffer.concat([sent, body]) });
}

function startUpload({ url, headers, name, stored, body }: RepositoryQuestion, { store, uploads }: RegistryState): RegistryAnswer {
  const [mount, from, digest] = ['mount', 'from', 'digest'].map((key) => url.searchParams.get(key));
  if (mount) {
    const sources = from ? [store.repository(`${url.host}/${from}`)] : store.repositories(`${url.host}/`);
    const bytes = sources.map((source) => source.blobs.get(mount)).find((found) => found !== undefined);
    if (bytes) return keepBlob(stored, name, { digest: mount, bytes });
  }
  if (digest && headers['content-length'] !== undefined) return keepBlob(stored, name, { digest, bytes: body });
  return { status: 202, headers: { location: `/v2/${name}/blobs/uploads/${uploads.open()}`, range: '0-0' } };
}

function keepBlob(stored: StoredRepository, name: string, { digest, bytes }: { readonly digest: string; readonly bytes: Uint8Array }): RegistryAnswer {
  if (!hashesTo(digest, bytes)) return refuse(400, 'DIGEST_INVALID', 'provided digest did not match uploaded content', digest);
  stored.blobs.set(digest, bytes);
  return { status: 201, headers: { location: `/v2/${name}/blobs/${digest}`, 'docker-content-digest': digest } };
}

function answerBlob({ method, headers, id, stored }: RepositoryQuestion): RegistryAnswer {
  const bytes = stored.blobs.get(id);
  if (!bytes) return refuse(404, 'BLOB_UNKNOWN', 'blob unknown to registry', id);
  if (method === 'DELETE') {
    stored.blobs.delete(id);
    return { status: 202 };
  }
  const kept = { 'docker-content-digest': id, 'content-type': 'application/octet-stream', 'accept-ranges': 'bytes' };
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(headers['range'] ?? '') ?? [];
  if (first === undefined) return { status: 200, headers: kept, body: bytes };
  const end = last ? Math.min(Number(last), bytes.length - 1) : bytes.length - 1;
  if (Number(first) > end) return { status: 416, headers: { 'content-range': `bytes */${bytes.length}` } };
  return { status: 206, headers: { ...kept, 'content-range': `bytes ${first}-${end}/${bytes.length}` }, body: bytes.subarray(Number(first), end + 1) };
}

function listTags({ url, name, id, stored }: RepositoryQuestion): RegistryAnswer {
  if (id !== 'list') return refuse(404, 'UNSUPPORTED', 'no such endpoint');
  const [last, n] = [url.searchParams.get('last') ?? '', url.searchParams.get('n')];
  const all = [...stored.tags.keys()].toSorted().filter((tag) => tag > last);
  const tags = n === null ? all : all.slice(0, Number(n));
  const next = tags.length > 0 && tags.length < all.length ? { link: `</v2/${name}/tags/list?n=${n}&last=${tags.at(-1)}>; rel="next"` } : {};
  return { status: 200, headers: { 'content-type': 'application/json', ...next }, body: JSON.stringify({ name, tags }) };
}

function listReferrers({ url, id, stored }: RepositoryQuestion): RegistryAnswer {
  if (!/^sha(?:256:[0-9a-f]{64}|512:[0-9a-f]{128})$/.test(id)) return refuse(400, 'DIGEST_INVALID', 'not a digest', id);
  const wanted = url.searchParams.get('artifactType');
  const manifests = findReferrers(id, stored).filter(({ artifactType }) => wanted === null || artifactType === wanted);
  const filtered = wanted === null ? {} : { 'oci-filters-applied': 'artifactType' };
  const body = JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.oci.index, manifests });
  return { status: 200, headers: { 'content-type': mediaTypes.oci.index, ...filtered }, body };
}
