import { describe, expect, it } from 'vitest';
import { makeDoctorReport, type Check } from '../../core/doctor/doctor-report.ts';
import { rightsFor } from '../../core/doctor/permissions.ts';
import { formatDoctor } from './doctor-view.ts';
import { displayWidth } from './display-width.ts';
import { checkText, doctorTexts, fixText } from './messages/doctor-text.ts';
import { painter } from './paint.ts';

const context = { flags: ' -n shop', account: 'changeover/changeover' };
const view = (checks: readonly Check[], width = Infinity): string =>
  formatDoctor(makeDoctorReport(checks), { ...context, paint: painter(false), width }).join('\n');
const patch: Check = {
  id: 'permission',
  status: 'problem',
  params: { verb: 'patch', group: 'apps', resource: 'deployments', namespace: 'shop', name: '', why: 'change-workloads' },
};
const logs: Check = {
  id: 'permission',
  status: 'problem',
  params: { verb: 'get', group: '', resource: 'pods/log', namespace: '', name: '', why: 'prove-agent' },
};
const list: Check = { id: 'permission', status: 'ok', params: { verb: 'list', group: '', resource: 'pods', namespace: 'shop', name: '', why: 'find-pods' } };

describe('the doctor on a terminal', () => {
  it('shows each missing right with what it is for, and the one command that grants them all once', () => {
    const text = view([list, patch, logs]);

    expect(text).toContain('✗ rights    1 of 2 missing in namespace shop\n');
    expect(text).toContain('- may not patch deployments.apps: needed to change workloads and put them back\n');
    expect(text).toContain('✗ rights    1 of 1 missing in all namespaces\n');
    expect(text.match(/fix:/g)).toHaveLength(1);
    expect(text).toContain('fix: `changeover doctor --rbac apply -n shop | kubectl apply -f -`');
    expect(text).toContain('Not ready: 2 problems.');
  });

  it('folds the good answers of a registry into one line, and shows the others', () => {
    const registry = 'registry.example.com';
    const text = view([
      { id: 'registry', status: 'ok', params: { registry } },
      { id: 'image', status: 'ok', params: { registry, image: `${registry}/orders@sha256:1` } },
      { id: 'push', status: 'problem', params: { registry, repository: `${registry}/orders` } },
      { id: 'push', status: 'ok', params: { registry: 'other.example.com', repository: 'other.example.com/agent' } },
    ]);

    expect(text).toContain('✓ registry  registry.example.com: 1 image read, may push to 0 repositories\n');
    expect(text).toContain('✗ push      may not push to registry.example.com/orders\n');
    expect(text).toContain('✓ push      may push to other.example.com/agent\n');
  });

  it('fits a narrow terminal', () => {
    const lines = view([list, patch, logs, { id: 'fleet', status: 'unknown', params: {} }], 60).split('\n');

    expect(lines.filter((line) => displayWidth(line) > 60 && !line.includes('`'))).toEqual([]);
  });
});

describe('the texts of the doctor', () => {
  const ids: readonly Check['id'][] = [
    'cluster',
    'permission',
    'state-namespace',
    'clock',
    'fleet',
    'registry',
    'image',
    'push',
    'abilities',
    'agent-files',
    'journal',
    'traces',
  ];

  it('are there for every check and every fix', () => {
    for (const id of ids) {
      expect(Object.keys(doctorTexts.found)).toContain(id);
      expect(Object.keys(doctorTexts.problems)).toContain(id);
      expect(Object.keys(doctorTexts.fixes)).toContain(id);
    }
    expect(Object.keys(doctorTexts.lookAgain)).toEqual(Object.keys(doctorTexts.unknowns));
  });

  it('say of every right what it is for', () => {
    const rights = rightsFor('apply', { namespaces: 'all', byLabel: true, stateNamespace: 'changeover', traces: 'a/b:1' });

    expect(rights.map((right) => right.why).filter((why) => !Object.hasOwn(doctorTexts.reasons, why))).toEqual([]);
  });

  it('tell what a registry can do, and what could take the way back', () => {
    const params = {
      registry: 'r.example.com',
      product: 'Harbor v2',
      mount: 'yes',
      delete: 'no',
      referrers: 'unknown',
      free: '40 MB',
      retention: 'yes',
      full: true,
    };

    expect(checkText({ id: 'abilities', status: 'ok', params })).toBe(
      'r.example.com (Harbor v2): mounts blobs, deletes nothing: `image prune` cannot work, has 40 MB left of its quota',
    );
    expect(checkText({ id: 'abilities', status: 'problem', params })).toBe(
      'a rule of r.example.com deletes images in time, which could take the way back; r.example.com has 40 MB left of its quota: the new images may not fit',
    );
  });

  it('name the exact right that is missing, and the hint of the error where there is one', () => {
    const kubeSystem: Check = {
      ...patch,
      params: { ...patch.params, verb: 'get', group: '', resource: 'namespaces', namespace: 'kube-system', name: 'kube-system' },
    };
    const proxy: Check = {
      ...patch,
      params: { ...patch.params, verb: 'get', group: '', resource: 'services/proxy', namespace: 'observability', name: 'jaeger:16686' },
    };
    const journal: Check = { id: 'journal', status: 'problem', params: { detail: 'the disk is full', hint: 'Make room.' } };

    expect(checkText(patch)).toBe('may not patch deployments.apps in namespace shop');
    expect(checkText(kubeSystem)).toBe('may not get Namespace kube-system');
    expect(checkText(proxy)).toBe('may not get services/proxy jaeger:16686 in namespace observability');
    expect(fixText(patch, context)).toMatch(/^Grant patch deployments\.apps in namespace shop: `changeover doctor --rbac apply -n shop \| kubectl apply -f -`/);
    expect(fixText(journal, context)).toBe('Make room.');
    expect(fixText(list, context)).toBeUndefined();
  });
});
