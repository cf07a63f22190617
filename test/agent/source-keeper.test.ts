/** A source that cannot be had, that fails, and that is dumped. */
import { describe, expect, it } from 'vitest';
import { ProblemError } from '../../src/domain/problem.ts';
import { ScriptedSource } from './scripted-source.ts';
import { stageOfEachTest } from './stage.ts';

const stage = stageOfEachTest();

describe('the source', () => {
  it('that cannot be had at the start ends the agent with what to do', async () => {
    const source = new ScriptedSource();
    source.refusals.push(
      new ProblemError('conntrack-not-permitted', 'not permitted', { hint: 'Give it NET_ADMIN.' }),
    );
    const agent = stage.start({ source });
    await expect(agent.exit).rejects.toMatchObject({
      code: 'conntrack-not-permitted',
      hint: 'Give it NET_ADMIN.',
    });
    expect(stage.server.attempts).toHaveLength(0);
  });

  it('that fails is opened again, and the time in between belongs to no window', async () => {
    const agent = await stage.started({ args: ['--batch-window-ms', '3600000'] });
    agent.source.opened(1);
    agent.source.refusals.push(new ProblemError('conntrack-missing', 'away'), new Error('still away'));
    agent.source.sink.failed(new Error('gone'));
    await agent.source.until(() => agent.source.opens === 4 && agent.source.isOpen);
    agent.source.opened(1);
    expect(await agent.stop()).toBe(0);
    const [before, after] = stage.server.batches;
    expect(stage.server.batches).toHaveLength(2);
    expect(stage.server.opened).toBe(2);
    expect(after?.windowStart).toBeGreaterThan(before?.windowEnd ?? Infinity);
    expect(agent.source.closes).toBe(2);
  });

  it('dumps at its interval, soon after a loss, and again after a dump that failed', async () => {
    const agent = await stage.started({ args: ['--dump-interval-ms', '3600000'] });
    expect(agent.source.dumps).toBe(0);
    agent.source.onDump = () => {
      if (agent.source.dumps === 1) throw new Error('interrupted');
    };
    agent.source.sink.lost(3);
    agent.source.sink.lost(3);
    await agent.source.until(() => agent.source.dumps === 2);
    expect(agent.logs.filter(({ msg }) => msg === 'a dump failed: it is tried again')).toHaveLength(1);
    await stage.server.until(() => stage.server.batches.some(({ losses }) => losses.dropped === 6));
    expect(agent.source.dumps).toBe(2);
    const other = await stage.started({
      args: ['--dump-interval-ms', '1000'],
      timing: { dumpGapMs: 60_000 },
    });
    await other.source.until(() => other.source.dumps === 1);
  });
});
