/** Has the kernels judge what an explanation is about: that of this node, or of every node that one of its pods is on. */

import { setTimeout as sleep } from 'node:timers/promises';
import { compareSide, type AnswerTo, type LiveAnswer } from '../audit/explain/compare-live.ts';
import type { LiveReport } from '../audit/explain/explain-report.ts';
import type { Explanation } from '../audit/explain/explain.ts';
import { questionsOf, type LiveQuestion } from '../audit/explain/live-questions.ts';
import type { TestAnswers } from '../model/test-run.ts';
import { askAgent, socketOf } from './ask-agent.ts';
import type { AgentFlags } from './agent-options.ts';
import type { Progress } from './audit-progress.ts';
import { askEach, kubectl, listAgents, type KubectlFlags } from './kubectl.ts';

export interface LiveFlags extends AgentFlags, KubectlFlags {
  readonly allNodes?: boolean;
}

/** An agent takes 10,000. */
const PACKETS_IN_ONE_QUESTION = 5000;
/** Within this an agent has in force what the API server told before. */
const CATCH_UP_MS = 1000;

type Ask = (questions: readonly LiveQuestion[]) => Promise<AnswerTo>;

/** For each side, in the explanation's order. What disagrees is asked about once more: the policies may have changed just now. */
export async function askKernels({ pairs }: Explanation, flags: LiveFlags, progress: Progress): Promise<LiveReport[]> {
  const sides = pairs.flatMap((pair) => pair.sides).map(questionsOf);
  const questions = sides.flatMap((side) => side.questions);
  const ask: Ask = flags.allNodes === true ? (asked) => askNodes(asked, flags, progress) : (asked) => askHere(asked, socketOf(flags));
  let answerTo = await ask(questions);
  let reports = sides.map((side) => compareSide(side, answerTo));
  if (reports.some(({ disagreements }) => disagreements.length > 0)) {
    await sleep(CATCH_UP_MS);
    answerTo = await ask(questions);
    reports = sides.map((side) => compareSide(side, answerTo));
  }
  return reports;
}

async function askHere(questions: readonly LiveQuestion[], socket: string): Promise<AnswerTo> {
  const answers = new Map<LiveQuestion, LiveAnswer>();
  await askInPieces(questions, answers, (body) => askAgent<TestAnswers>(socket, 'POST', '/test-run', body));
  return (question) => answers.get(question) ?? { why: 'its agent did not answer' };
}

/** Each pod's own node alone. */
async function askNodes(questions: readonly LiveQuestion[], flags: LiveFlags, progress: Progress): Promise<AnswerTo> {
  const byNode = Map.groupBy(questions, ({ node }) => node);
  const agents = (await listAgents(flags)).filter(({ node }) => byNode.has(node));
  const answers = new Map<LiveQuestion, LiveAnswer>();
  const troubles = new Map<string, string>();
  await askEach(
    agents,
    async ({ pod, node }) => {
      try {
        await askInPieces(byNode.get(node) ?? [], answers, async (body) => {
          const args = ['exec', '--stdin', pod, '--', 'postern', 'agent', 'test-run'];
          return JSON.parse(await kubectl(flags, args, body)) as TestAnswers;
        });
      } catch (error) {
        troubles.set(node, error instanceof Error ? error.message : String(error));
      }
    },
    (count) => progress.say(`asking the kernels of ${agents.length} nodes, ${count} have answered`),
  );
  return (question) => answers.get(question) ?? { why: whyNot(question.node, troubles) };
}

function whyNot(node: string | undefined, troubles: ReadonlyMap<string, string>): string {
  if (node === undefined) return 'the input does not say on which node it is';
  return troubles.get(node) ?? `no agent runs on its node ${node}`;
}

async function askInPieces(
  questions: readonly LiveQuestion[],
  answers: Map<LiveQuestion, LiveAnswer>,
  ask: (body: string) => Promise<TestAnswers>,
): Promise<void> {
  for (let at = 0; at < questions.length; at += PACKETS_IN_ONE_QUESTION) {
    const piece = questions.slice(at, at + PACKETS_IN_ONE_QUESTION);
    const { node, enforcing, answers: given } = await ask(JSON.stringify({ packets: piece.map(({ packet }) => packet) }));
    for (const [index, answer] of given.entries()) {
      const question = piece[index];
      if (question !== undefined) answers.set(question, { node, enforcing, answer });
    }
  }
}
