import { describe, expect, it } from 'vitest';
import { factsOf } from '../../../test/builders/image-facts.ts';
import { findJava } from './find-java.ts';

describe('finding Java in an image', () => {
  it('reads every release file', () => {
    const facts = factsOf({
      '/opt/java/8/release': 'JAVA_VERSION="1.8.0_412"\r\nOS_NAME="Linux"\r\n',
      '/opt/java/17/release': 'IMPLEMENTOR="Eclipse Adoptium"\nJAVA_VERSION="17.0.12"\n',
      '/etc/release': 'NAME=Alpine\n',
    });

    expect(findJava(facts)).toEqual([
      { home: '/opt/java/17', version: '17.0.12', vendor: 'Eclipse Adoptium' },
      { home: '/opt/java/8', version: '1.8.0_412' },
    ]);
  });

  it('believes the variables of the image where it has no release file, or its layers were not read', () => {
    const env = [
      ['JAVA_HOME', '/opt/java'],
      ['JAVA_VERSION', 'jdk-21.0.4+7'],
    ] as const;

    expect(findJava(factsOf({ '/a': '' }, { env }))).toEqual([{ home: '/opt/java', version: 'jdk-21.0.4+7' }]);
    expect(findJava(factsOf(undefined, { env: env.slice(1) }))).toEqual([{ version: 'jdk-21.0.4+7' }]);
    expect(findJava(factsOf({ '/a': '' }))).toEqual([]);
  });
});
