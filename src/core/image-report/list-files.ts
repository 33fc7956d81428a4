import type { ImageFiles, LayerEntry } from '../image/image-facts.ts';

/** Every entry of an image's merged file system that is no directory, in the order of paths. Symlinks are not followed. */
export function* listFiles(files: ImageFiles, folder = ''): Generator<LayerEntry> {
  for (const name of files.children(folder === '' ? '/' : folder)) {
    const path = `${folder}/${name}`;
    const entry = files.entry(path);
    if (entry?.type === 'directory') yield* listFiles(files, path);
    else if (entry) yield entry;
  }
}
