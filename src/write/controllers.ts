import { ChangeAccountController } from './accounts/change-account/change-account.http.js';
import { CloseAccountController } from './accounts/close-account/close-account.http.js';
import { FreezeAccountController } from './accounts/freeze-account/freeze-account.http.js';
import { OpenAccountController } from './accounts/open-account/open-account.http.js';
import { ReadAccountController } from './accounts/read-account/read-account.http.js';
import { ReopenAccountController } from './accounts/reopen-account/reopen-account.http.js';
import { UnfreezeAccountController } from './accounts/unfreeze-account/unfreeze-account.http.js';
import { PostTransactionController } from './transactions/post-transaction/post-transaction.http.js';
import { ReadTransactionController } from './transactions/read-transaction/read-transaction.http.js';

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
];
