import type { Delivery } from '../policy/policy.ts';
import type { DeliveryMode } from './delivery.ts';
import type { RefusedDelivery } from './plan.ts';
import { planChange, type ChangeContext, type ChangeSubject, type PlannedChange } from './plan-change.ts';

/** The mode that was taken, and those that were tried before it. */
export type DeliveryChoice = { readonly change?: PlannedChange; readonly refused: readonly RefusedDelivery[] };

const modes = { takeover: ['takeover'], image: ['image'], auto: ['takeover', 'image'] } as const satisfies {
  readonly [delivery in Delivery]: readonly DeliveryMode[];
};

/** The first mode the policy allows whose conditions hold. Without one, `refused` says what each of them failed. */
export function chooseDelivery(subject: ChangeSubject, context: ChangeContext): DeliveryChoice {
  const refused: RefusedDelivery[] = [];
  for (const mode of modes[context.policy.delivery]) {
    const change = planChange(subject, context, mode);
    if (change.kind === 'planned') return { change, refused };
    refused.push({ mode, finding: change.finding });
  }
  return { refused };
}
