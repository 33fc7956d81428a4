// `npm test`: the tests that need Node alone, then the Java module's where there are a JDK and Maven, then those on the real cluster
// of lab/ where it is built. CHANGEOVER_LAB=required fails where one of them cannot run; CHANGEOVER_LAB=off leaves the cluster out.
// Closes with one line: N passed, N failed.
import { spawn, spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const mode = process.env.CHANGEOVER_LAB ?? 'auto';
const reports = mkdtempSync(join(tmpdir(), 'changeover-test-'));
const totals = { passed: 0, failed: 0, skipped: 0 };

try {
  say('Tests that need Node alone');
  await vitest('unit', {});
  say('The rollout engine in a simulated cluster: ten thousand seeds');
  await vitest('simulation', {});
  if (mode === 'required' || (finds('java', '-version') && finds('mvn', '-version'))) await inJava();
  else say('Skipped: the tests of the Java module, since there is no JDK or no Maven here (apt-get install openjdk-17-jdk-headless maven).');
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

async function inJava() {
  say('The Java module: the bridge for whole traces');
  for (const file of globSync('java/*/target/surefire-reports/TEST-*.xml')) rmSync(file);
  const built = spawnSync('mvn', ['-B', '-q', 'verify'], { cwd: 'java', stdio: 'inherit' });
  for (const file of globSync('java/*/target/surefire-reports/TEST-*.xml')) countSurefire(readFileSync(file, 'utf8'));
  if (built.status !== 0) return fail('mvn verify in java/ failed');
  await vitest('java', {});
}

function countSurefire(report) {
  const count = (name) => Number(new RegExp(`<testsuite [^>]*\\b${name}="(\\d+)"`).exec(report)?.[1] ?? 0);
  const failed = count('failures') + count('errors');
  totals.failed += failed;
  totals.skipped += count('skipped');
  totals.passed += count('tests') - failed - count('skipped');
}

function finds(program, ...args) {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}

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
