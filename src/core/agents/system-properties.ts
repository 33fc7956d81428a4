import type { EffectiveOptions, JvmOption } from '../jvm/effective-options.ts';

/** A `-DNAME=value` option that won. */
export interface SystemProperty {
  readonly value: string;
  readonly option: JvmOption;
}

/** The system properties that options set; the last one of a name wins, as in the JVM. */
export function systemProperties({ options }: EffectiveOptions): ReadonlyMap<string, SystemProperty> {
  const properties = new Map<string, SystemProperty>();
  for (const option of options) {
    const match = /^-D([^=]+)=?(.*)$/s.exec(option.text);
    if (match?.[1] !== undefined) properties.set(match[1], { value: match[2] ?? '', option });
  }
  return properties;
}
