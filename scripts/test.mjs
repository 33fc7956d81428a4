// `npm test`: the tests that need Node alone, then those on the real cluster of lab/ where it is built or required
// (CHANGEOVER_LAB=required; CHANGEOVER_LAB=off leaves them out). Closes with one line: N passed, N failed.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const mode = process.env.CHANGEOVER_LAB ?? 'auto';
const reports = mkdtempSync(join(tmpdir(), 'changeover-test-'));
const totals = { passed: 0, failed: 0, skipped: 0 };

try {
  say('Tests that need Node alone');
  await vitest('unit', {});
  if (mode === 'off') say('Left out: the tests on the real cluster (CHANGEOVER_LAB=off).');
  else if (mode === 'required' || lab('built').status === 0) await onTheLab();
  else
    say(
      'Skipped: the tests on the real cluster, since the lab is not built. To run them: `npm run lab -- build` (about 15 minutes, as root), then `npm test`.',
    );
} finally {
  rmSync(reports, { recursive: true, force: true });
}
process.stdout.write(`\n${totals.passed} passed, ${totals.failed} failed${totals.skipped > 0 ? `, ${totals.skipped} skipped` : ''}\n`);
process.exitCode = totals.failed > 0 || totals.passed === 0 ? 1 : 0;

async function onTheLab() {
  say('The lab: a real one-node Kubernetes with a registry, agents and Jaeger');
  try {
    for (const step of ['build', 'up', 'fleet']) {
      if (lab(step, 'inherit').status !== 0) return fail(`the lab step \`${step}\` failed`);
    }
    const env = JSON.parse(lab('env').stdout);
    say('Tests on the real cluster');
    await vitest('lab', env);
  } finally {
    lab('down', 'inherit');
  }
}

function lab(step, stdio = ['ignore', 'pipe', 'ignore']) {
  return spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', 'lab/main.ts', step], { stdio, encoding: 'utf8' });
}

async function vitest(project, env) {
  const report = join(reports, `${project}.json`);
  const args = ['node_modules/vitest/vitest.mjs', 'run', '--project', project, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, ...env } });
  const code = await new Promise((resolve) => child.on('close', resolve));
  const result = read(report);
  if (!result) return fail(`vitest (${project}) ended with ${code} and wrote no report`);
  totals.passed += result.numPassedTests;
  totals.failed += result.numFailedTests;
  totals.skipped += result.numPendingTests + result.numTodoTests;
  if (code !== 0 && result.numFailedTests === 0) fail(`vitest (${project}) ended with ${code} though no test failed`);
  if (project === 'lab' && mode === 'required' && result.numPendingTests > 0)
    fail(`${result.numPendingTests} tests on the real cluster were skipped, and CHANGEOVER_LAB=required`);
}

function read(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

function fail(message) {
  process.stderr.write(`error: ${message}\n`);
  totals.failed += 1;
}

function say(text) {
  process.stdout.write(`\n== ${text}\n`);
}
