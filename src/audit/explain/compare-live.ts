/** Puts what the kernels say beside what the policies say. */

import type { TestAnswer } from '../../model/test-run.ts';
import type { Disagreement, ExplainReport, LiveReport } from './explain-report.ts';
import type { Explanation } from './explain.ts';
import type { LiveQuestion, SideQuestions } from './live-questions.ts';

/** Of one question. */
export interface LiveAnswer {
  readonly node: string;
  readonly enforcing: boolean;
  readonly answer: TestAnswer;
}

/** With a `why`: no kernel could be asked. */
export type AnswerTo = (question: LiveQuestion) => LiveAnswer | { readonly why: string };

const WHY_NOT_RUN = {
  'not-here': 'no interface of the node that was asked is its',
  'no-address': 'it has no address of that family',
  'not-ours': "the programs at its interface are not this agent's",
} as const;

export function compareSide({ questions, leftOut, notAsked }: SideQuestions, answerTo: AnswerTo): LiveReport {
  const disagreements: Disagreement[] = [];
  const others = new Map(notAsked.map(({ pod, why }) => [pod, why]));
  let [tried, ownNode, later] = [0, 0, 0];
  for (const question of questions) {
    const { packet, allowed } = question;
    const answer = answerTo(question);
    if ('why' in answer) {
      others.set(packet.pod, answer.why);
    } else if ('notRun' in answer.answer) {
      others.set(packet.pod, WHY_NOT_RUN[answer.answer.notRun]);
    } else {
      const { verdict, reason } = answer.answer;
      tried += 1;
      if (verdict === 'later') later += 1;
      else if (verdict === 'pass' && !allowed && reason === 'NODE') ownNode += 1;
      else if ((verdict === 'pass') !== allowed)
        disagreements.push({
          node: answer.node,
          pod: packet.pod,
          peer: packet.peer,
          port: `${packet.port}/${packet.protocol}`,
          policies: allowed ? 'allow' : 'deny',
          kernel: verdict,
          reason,
          enforcing: answer.enforcing,
        });
    }
  }
  return {
    tried,
    agreed: tried - ownNode - later - disagreements.length,
    ownNode,
    later,
    leftOut,
    disagreements,
    notAsked: [...others].map(([pod, why]) => ({ pod, why })),
  };
}

/** The report with what was found of each side; `sides` in the order of the explanation's pairs and their sides. */
export function withLive({ report, pairs }: Explanation, sides: readonly LiveReport[]): ExplainReport {
  let at = 0;
  const told = pairs.map(({ report: pair }) => ({
    ...pair,
    sides: pair.sides.map((side) => {
      const live = sides[at++];
      return live === undefined ? side : { ...side, live };
    }),
  }));
  return { ...report, pairs: told };
}
