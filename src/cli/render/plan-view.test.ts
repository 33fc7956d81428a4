import { describe, expect, it } from 'vitest';
import type { Finding } from '../../core/finding.ts';
import type { MigrateItem, Plan, PlanItem, SkipItem } from '../../core/plan/plan.ts';
import { defaultPolicy } from '../../core/policy/default-policy.ts';
import { painter } from './paint.ts';
import { formatPlan } from './plan-view.ts';

const owner = { kind: 'none' } as const;

function move(name: string, more: Partial<MigrateItem> = {}): MigrateItem {
  return {
    id: `shop/Deployment/${name}`,
    uid: name,
    owner,
    replicas: 2,
    findings: [],
    action: 'migrate',
    surge: 1,
    container: 'app',
    templateHash: 'h',
    source: { image: `reg.example/${name}:1`, repository: `reg.example/${name}`, digest: 'sha256:a' },
    agent: { id: 'skywalking', version: '9.4.0', jarPath: '/sw/skywalking-agent.jar', carrier: 'CATALINA_OPTS', source: 'pod env CATALINA_OPTS' },
    delivery: 'takeover',
    refused: [],
    target: {
      reference: `reg.example/${name}:1-otel-12345678`,
      digest: 'sha256:b',
      hash8: '12345678',
      env: { OTEL_TRACES_EXPORTER: 'otlp' },
      removes: ['/sw/plugins'],
      stays: ['/sw/config'],
    },
    edits: [
      { kind: 'image', container: 'app', before: `reg.example/${name}:1`, after: `reg.example/${name}:1-otel-12345678` },
      { kind: 'env', container: 'app', name: 'OTEL_SERVICE_NAME', before: null, after: { name: 'OTEL_SERVICE_NAME', value: name } },
    ],
    fingerprint: 'f',
    ...more,
  };
}

function skip(name: string, id: SkipItem['skip']['id'], more: Partial<SkipItem> = {}): SkipItem {
  return { id: `shop/Deployment/${name}`, uid: name, owner, replicas: 1, findings: [], action: 'skip', skip: { id, params: {} }, ...more };
}

function view(items: readonly PlanItem[], more: Partial<Plan> = {}, width = 100): readonly string[] {
  const ids = items.filter((item) => item.action === 'migrate').map((item) => item.id);
  const plan: Plan = {
    apiVersion: 'changeover.dev/v1alpha1',
    kind: 'Plan',
    name: 'sw-to-otel',
    createdAt: '2026-11-03T10:00:00Z',
    cluster: { id: 'c', server: 'https://10.0.0.1:6443' },
    hash: '9f3c1a2b77aa8812ffff',
    policyHash: 'p',
    policy: {},
    policyDirectory: '/',
    agentLayer: { digest: 'sha256:l', diffId: 'sha256:d', size: 26_500_000, version: '2.33.1' },
    items,
    batches: ids.length === 0 ? [] : [ids.slice(0, 1), ids.slice(1)].filter((batch) => batch.length > 0),
    ...more,
  };
  return formatPlan(plan, { paint: painter(false), width, policy: defaultPolicy(), next: 'changeover apply plan.json' });
}

const block: Finding = { id: 'mounted-over', severity: 'block', params: { path: '/sw/a.jar', mount: '/sw' } };

describe('formatPlan', () => {
  it('begins with the numbers, goes on with exceptions, then changes, then batches', () => {
    const lines = view([move('cart'), move('orders'), skip('idle', 'no-pods'), skip('odd', 'blocked', { findings: [block] })]);

    expect(lines.slice(0, 7)).toEqual([
      'Plan sw-to-otel  hash 9f3c1a2b77aa, cluster https://10.0.0.1:6443',
      '  2  to move: skywalking out, opentelemetry 2.33.1 in',
      '  1  blocked until a person allows or mends it',
      '  1  left alone',
      '  4 pods restart in 2 batches of 1, at least 10 min',
      '  at most 1 pod more than usual at a time',
      '  2 images pushed to reg.example, about 26.5 MB in all',
    ]);
    const order = [
      'Blocked',
      'Left alone',
      'Change 1 of 1: takeover, 2 workloads, 4 pods',
      'Batches, each started when the one before is done and well',
      'Next: changeover apply plan.json',
    ];
    const places = order.map((line) => lines.indexOf(line));
    expect(places).not.toContain(-1);
    expect(places).toEqual([...places].sort((a, b) => a - b));
  });

  it('says why something is blocked, of whom, and how to allow it', () => {
    const text = view([skip('a', 'blocked', { findings: [block] }), skip('b', 'blocked', { findings: [block] })]).join('\n');

    expect(text).toContain('  mounted-over: a volume mounted at /sw covers /sw/a.jar (2)\n      shop: a, b\n');
    expect(text).toContain('--allow ID');
    expect(text).not.toContain('Next:');
  });

  it("shows one difference per class of change and marks what is each workload's own", () => {
    const text = view([move('cart'), move('orders'), move('db', { id: 'shop/StatefulSet/db' })]).join('\n');

    expect(text.match(/^Change/gm)).toHaveLength(1);
    expect(text).toMatch(/- image +reg\.example\/cart:1\n/);
    expect(text).toMatch(/\+ pod env +OTEL_SERVICE_NAME=cart {3}\(each its own\)\n/);
    expect(text).toMatch(/- in image +\/sw\/plugins\n/);
    expect(text).toContain('    shop: cart, orders, StatefulSet/db');
  });

  it('says what the bridge takes from the old agent, and what a pod variable says in its place', () => {
    const agentLayer = { digest: 'sha256:l', diffId: 'sha256:d', size: 26_500_000, version: '2.33.1', bridge: 'sha256:b' };
    const derived = move('cart', { agent: { ...move('cart').agent, serviceName: 'shop-cart' }, edits: move('cart').edits.slice(0, 1) });
    const joins = 'the bridge: traces stay whole between both agents';

    expect(view([derived], { agentLayer }, 200).join('\n')).toContain(
      `${joins}; it takes service name (here shop-cart), namespace and instance from the old agent's settings\n`,
    );
    expect(view([move('cart')], { agentLayer }, 200).join('\n')).toContain(`${joins}; it takes namespace and instance from the old agent's settings\n`);
    expect(view([{ ...derived, delivery: 'image' }], { agentLayer }, 200).join('\n')).toContain(`${joins}\n`);
    expect(view([derived]).join('\n')).not.toContain('the bridge');
    const hidden: Finding = { id: 'bridge-hidden', severity: 'block', params: { by: 'env X', folder: '/changeover/extensions' } };
    expect(view([{ ...derived, findings: [hidden] }], { agentLayer }).join('\n')).toContain('the bridge, which does nothing here');
  });

  it('names what breaks without the bridge, from which batch until which', () => {
    const services = { switched: ['cart'], notYet: ['orders'] };
    const split = [move('cart'), move('orders')];
    const edges = [{ from: 'orders', to: 'cart' }];

    expect(view(split, { expectedBreaks: [{ batch: 1, services }] })).toEqual(
      expect.arrayContaining([
        'Bridge off: from batch 1 on, every call between switched and not-yet-switched services breaks its trace, until batch 2 is done',
        '  from batch 1  1 not yet  switched: cart',
      ]),
    );
    expect(view(split, { expectedBreaks: [{ batch: 1, edges, services }] })).toContain('  from batch 1  1 not yet  orders -> cart');
    expect(view(split, { expectedBreaks: [{ batch: 1, edges: [], services }] })).toContain('  from batch 1  1 not yet  no known call breaks');
    expect(view(split)).not.toEqual(expect.arrayContaining([expect.stringContaining('Bridge off')]));
  });

  it('says which calls stay broken, and that one batch alone breaks only while it runs', () => {
    const stays = [{ batch: 1, services: { switched: ['cart'], notYet: ['legacy', 'old'] } }];

    expect(view([move('cart')], { expectedBreaks: stays })).toContain(
      'Bridge off: from batch 1 on, every call between switched and not-yet-switched services breaks its trace; 2 services that this plan does not move stay on the other side',
    );
    expect(view([move('cart')], { expectedBreaks: [] })).toContain('Bridge off: while batch 1 runs, calls between old and new pods break their traces');
  });

  it('keeps classes apart that are changed in different ways, the largest first', () => {
    const other = { ...move('x').agent, source: 'image ENV JAVA_TOOL_OPTIONS' };
    const text = view([move('x', { agent: other }), move('cart'), move('orders')]).join('\n');

    expect(text).toContain('Change 1 of 2: takeover, 2 workloads, 4 pods');
    expect(text).toContain('Change 2 of 2: takeover, 1 workload, 2 pods');
  });

  it('shows of changed JVM options only the tokens that change, and no secret', () => {
    const before = { name: 'CATALINA_OPTS', value: '-Xmx1g -javaagent:/sw/a.jar -Dsw.token=abc' };
    const after = { name: 'CATALINA_OPTS', value: '-Xmx1g' };
    const text = view([move('cart', { delivery: 'image', edits: [{ kind: 'env', container: 'app', name: 'CATALINA_OPTS', before, after }] })]).join('\n');

    expect(text).toMatch(/- pod env +CATALINA_OPTS: -javaagent:\/sw\/a\.jar\n/);
    expect(text).toContain('-Dsw.token=***');
    expect(text).not.toContain('abc');
    expect(text).not.toContain('-Xmx1g');
  });

  it('splits a reason by what is particular to each workload', () => {
    const ill = (name: string, ready: number): SkipItem => skip(name, 'unhealthy-before', { skip: { id: 'unhealthy-before', params: { ready, wanted: 3 } } });
    const text = view([ill('a', 0), ill('b', 2), ill('c', 2)]).join('\n');

    expect(text).toContain('  not healthy before any change (3)\n    0 of 3 pods Ready\n      shop: a\n    2 of 3 pods Ready\n      shop: b, c');
  });

  it('stays readable with 300 workloads', () => {
    const info: Finding = { id: 'ghost-env', severity: 'info', params: { name: 'OTEL_SERVICE_NAME' } };
    const lines = view(Array.from({ length: 300 }, (_, index) => move(`service-${index}`, { findings: [info] })));

    expect(lines.length).toBeLessThan(80);
    expect(lines.join('\n')).toContain("ghost-env: OTEL_SERVICE_NAME is added to the pod and survives the owner's next deploy (300)");
  });
});
