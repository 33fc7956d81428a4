import { around, type Texts } from './messages/say.ts';

/** About manifests, from `convert`. */
export const convertTexts: Texts = {
  'anchors-shared': () => 'what would change is reached through an anchor, an alias or a merge key that other places use: write the values out',
  'form-not-edited': () => 'what would change is written in a form that is not edited: write it in the usual form',
  'container-not-valid': (p) => `its ${p('field')} is missing, or not what the API server takes`,
  'not-an-image-name': (p) => `its image ${p('image')} is no image reference: fill it in first`,
  'image-not-found': (p) => `the registry has no image ${p('image')}`,
  'image-not-rewritten': (p) =>
    `its image ${p('image')} stays, and still holds the old agent: make the new one with \`changeover image rewrite\`, and name it here`,
  'agent-not-named': () => 'nothing in the manifest names the old agent; whether its image does is not known, as it was not read',
  'start-not-known': () => 'it has a -javaagent: option, and whether that reaches a JVM is up to its image, which was not read: convert it with the registry',
  'tool-options-hide-the-image': () => "its JAVA_TOOL_OPTIONS holds other options too, and would hide the new image's: convert it with the registry",
  'not-selected': (p) => `the policy does not select it (${p('by')})`,
};

const skips = {
  'helm-template': 'a template of a Helm chart: convert what `helm template` makes of it',
  'no-manifest': 'no Kubernetes object in it',
  kustomization: 'written for kustomize, not an object of a cluster',
} as const;

/** Why a file is left out. */
export function skippedText(why: keyof typeof skips): string {
  return `left out: ${around('', skips[why])}`;
}
