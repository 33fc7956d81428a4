import type { LayerIndex } from '../core/image/image-facts.ts';
import type { Repository } from '../core/image/reference.ts';

/** Reads what one image layer's tar says: headers of every entry and the text of small files. Each layer once, cached by digest. */
export interface LayerReader {
  /**
   * Reads the table of contents of an eStargz layer (which `annotations` of its descriptor tell), else streams the blob, bounded in memory. Errors (ChangeoverError): those of `Registry.blob`; `unsupported` for a
   * compression this program cannot read (named in the message); `too-large` when the layer has more entries than the bound.
   */
  read(
    repository: Repository,
    layer: { readonly digest: string; readonly size: number; readonly mediaType: string; readonly annotations?: { readonly [key: string]: string } },
    signal?: AbortSignal,
  ): Promise<LayerIndex>;
}
