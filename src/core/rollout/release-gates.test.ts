import { describe, expect, it } from 'vitest';
import { record, situation } from '../../../test/builders/rollout.ts';
import type { ReleaseGateRule } from '../policy/policy.ts';
import { decide } from './decide.ts';
import { combineAnswers, questionsFor, type Clearance } from './release-gates.ts';
import type { WorkloadState } from './workload-state.ts';

const url = 'https://release.example.com/gate?team=a';
const gates: readonly ReleaseGateRule[] = [
  { url, when: 'beforeBatch', timeoutMs: 1 },
  { url, when: 'beforeWorkload', timeoutMs: 1 },
];
const id = 'shop/Deployment/a';

function asked(states: readonly WorkloadState[]): readonly (readonly (string | undefined)[])[] {
  const names = ['a', 'b', 'c'];
  const { run, records } = situation([states.map((state, index) => record(names[index] ?? '', { state }))]);
  return [...questionsFor({ run, records, gates }, { index: 0, members: new Set(records.keys()) }).values()].map((each) =>
    each.map(({ question }) => question.workload),
  );
}

function decided(answer: Clearance['answer'] | undefined) {
  const clearances = new Map(answer === undefined ? [] : [[id, { answer, reason: 'freeze', url }]]);
  return decide(situation([[record('a')]], { holds: { windows: [], maxSurgePods: 30, clearances } }));
}

describe('questionsFor', () => {
  it('asks for the batch until its first member has started, and for every waiting workload', () => {
    expect(asked(['PLANNED', 'SKIPPED', 'PLANNED'])).toEqual([
      [undefined, id],
      [undefined, 'shop/Deployment/c'],
    ]);
    expect(asked(['PLANNED', 'ROLLING'])).toEqual([[id]]);
  });
});

describe('combineAnswers', () => {
  it('lets deny beat wait, and wait beat allow', () => {
    const say = (answer: Clearance['answer']): Clearance => ({ answer, reason: answer, url });

    expect(combineAnswers([say('allow'), say('wait'), say('deny')]).answer).toBe('deny');
    expect(combineAnswers([say('allow'), say('wait')]).answer).toBe('wait');
    expect(combineAnswers([say('allow')]).answer).toBe('allow');
    expect(combineAnswers([]).answer).toBe('allow');
  });
});

describe('a workload that a release system is asked about', () => {
  it('starts when it is allowed', () => {
    expect(decided('allow')).toEqual([{ kind: 'prepare', id }]);
  });

  it('waits, with the reason shown and the host alone named', () => {
    expect(decided('wait')).toEqual([
      { kind: 'holding', waitingFor: { id: 'release-gate', params: { workload: id, gate: 'release.example.com', detail: 'freeze' } } },
    ]);
  });

  it('waits before the first answer', () => {
    expect(decided(undefined).map((action) => action.kind)).toEqual([]);
  });

  it('halts the run when it is denied', () => {
    expect(decided('deny')).toMatchObject([{ kind: 'halt', halt: { id: 'release-denied', workloads: [id], params: { detail: 'freeze' } } }]);
  });
});
