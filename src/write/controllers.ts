import { ChangeAccountController } from './accounts/change-account/change-account.http.js';
import { CloseAccountController } from './accounts/close-account/close-account.http.js';
import { FreezeAccountController } from './accounts/freeze-account/freeze-account.http.js';
import { OpenAccountController } from './accounts/open-account/open-account.http.js';
import { ReadAccountController } from './accounts/read-account/read-account.http.js';
import { ReopenAccountController } from './accounts/reopen-account/reopen-account.http.js';
import { UnfreezeAccountController } from './accounts/unfreeze-account/unfreeze-account.http.js';
import { RecordActivitiesController } from './activities/record-activities/record-activities.http.js';
import { BulkController } from './bulk/bulk.http.js';
import { DefineCounterController } from './counters/define-counter/define-counter.http.js';
import { CaptureHoldController } from './transactions/capture-hold/capture-hold.http.js';
import { ExtendHoldController } from './transactions/extend-hold/extend-hold.http.js';
import { HoldFundsController } from './transactions/hold-funds/hold-funds.http.js';
import { IncreaseHoldController } from './transactions/increase-hold/increase-hold.http.js';
import { PostTransactionController } from './transactions/post-transaction/post-transaction.http.js';
import { ReadHoldController } from './transactions/read-hold/read-hold.http.js';
import { ReadTransactionController } from './transactions/read-transaction/read-transaction.http.js';
import { ReverseTransactionController } from './transactions/reverse-transaction/reverse-transaction.http.js';
import { VoidHoldController } from './transactions/void-hold/void-hold.http.js';

/** The HTTP face of the write side, one controller per slice. */
export const WRITE_CONTROLLERS = [
  OpenAccountController,
  ReadAccountController,
  ChangeAccountController,
  FreezeAccountController,
  UnfreezeAccountController,
  CloseAccountController,
  ReopenAccountController,
  PostTransactionController,
  ReadTransactionController,
  ReverseTransactionController,
  BulkController,
  HoldFundsController,
  ReadHoldController,
  CaptureHoldController,
  VoidHoldController,
  IncreaseHoldController,
  ExtendHoldController,
  RecordActivitiesController,
  DefineCounterController,
];
