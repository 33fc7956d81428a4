/** Blob uploads that are open, by an id that is also the last part of their URL. */
export interface Uploads {
  open(): string;
  get(id: string): Buffer | undefined;
  append(id: string, bytes: Buffer): Buffer;
  close(id: string): void;
}

/** No upload yet. */
export function openUploads(): Uploads {
  const content = new Map<string, Buffer>();
  let count = 0;
  return {
    open() {
      const id = `upload-${(count += 1)}`;
      content.set(id, Buffer.alloc(0));
      return id;
    },
    get: (id) => content.get(id),
    append(id, bytes) {
      const all = Buffer.concat([content.get(id) ?? Buffer.alloc(0), bytes]);
      content.set(id, all);
      return all;
    },
    close: (id) => void content.delete(id),
  };
}
