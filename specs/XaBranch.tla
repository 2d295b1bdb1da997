------------------------------ MODULE XaBranch ------------------------------
(***************************************************************************)
(* One xa branch against PostgreSQL's prepared transactions: the statements*)
(* inside the steps of Concordat.tla.  Every thread is a session, of a     *)
(* process of the participant or of a watchdog that was given its database;*)
(* duplicates, slow old processes and outside finishers are simply more    *)
(* threads.  One step is one SQL statement; between any two a session may  *)
(* die (its open transaction is rolled back, a prepared one survives).     *)
(* A message is a step that stays possible from the moment it may be sent. *)
(* The other branches meet this one only in the decision cell.             *)
(***************************************************************************)
EXTENDS Naturals, FiniteSets, TLC

CONSTANTS
  Processes, Watchdogs,
  Fallback,     \* the ABORT of attempt 1 may start attempt 2, a saga
  ReadOnly,     \* the work may turn out to write nothing
  Ghosts,       \* PREPARE comes although the ledger knows no such gtx (restored ledger, hostile sender)
  LosesGids,    \* a prepared transaction is ended by hand or lost in a restore
  Heals         \* sessions stop dying, and new work comes only from the coordinator (for liveness)

CONSTANTS       \* the rules; each may be switched off, and then something breaks
  CommitPreparedFirst,  \* COMMIT PREPARED, and only on 42704 the row, in a new statement
  AbsentIsLost,         \* 42704 and no row is LOST, never "committed"
  PlantLost,            \* ... and a LOST row is durable before it is said
  PlainInsert,          \* 23505 on the branch row: look again (never ON CONFLICT DO NOTHING)
  RetestFence,          \* the fence is tested again by the upsert inside the prepare
  CheckTag,             \* PREPARE TRANSACTION succeeded only if its tag is PREPARE
  RollbackFirst,        \* abort: ROLLBACK PREPARED, then the tombstone
  RepeatOnLock,         \* abort: 55P03 at the tombstone means that a prepare slipped in: again
  AckAfterTombstone,    \* abort: acknowledged only when the tombstone is committed
  OutsideTombstone,     \* the outside finisher runs the same loop
  RaiseFence,           \* the action raises the fence (R3b)
  KeepTombstone,        \* row and fence outlive every redelivery (R10)
  AbsenceIsNoAnswer     \* an inquiry is answered ABORT only after it is planted in the ledger

VARIABLES
  cell,     \* unknown gtx | open | C | A | S: ABORT(1) and attempt 2 in one write (D2f) | I: ABORT planted by an inquiry
  gid,      \* the gid is in pg_prepared_xacts
  row1,     \* branch row of attempt 1: none | com (and so the effect visible) | abo (tombstone) | ro | lost
  row2,     \* guard row of the action: none | done | failed
  fence,    \* max_attempt
  effects,  \* history: effects of attempt 1 and of attempt 2
  said,     \* history: what the coordinator was told: YES, COMMITTED, ABORTED, LOST
  lost,     \* the environment took something away
  pc,       \* thread -> where it is
  healed

vars == <<cell, gid, row1, row2, fence, effects, said, lost, pc, healed>>
Threads == Processes \cup Watchdogs
Same == Permutations(Processes) \cup Permutations(Watchdogs)

Init ==
  /\ cell = "unknown" /\ gid = FALSE /\ row1 = "none" /\ row2 = "none" /\ fence = 0
  /\ effects = <<0, 0>> /\ said = {} /\ lost = FALSE
  /\ pc = [t \in Threads |-> "idle"] /\ healed = FALSE

-----------------------------------------------------------------------------
(* Locks: F the fence, B the branch row, K the business row, G the guard row of the action. *)

Holds(l) ==
  CASE l = "p_fence" -> {"K"}
    [] l = "p_prepare" -> {"K", "F", "B"}
    [] l \in {"p_readonly", "x_commit", "a_commit", "c_commit"} -> {"F", "B"}
    [] l = "s_handler" -> IF RaiseFence THEN {"F"} ELSE {}
    [] l = "s_commit" -> IF RaiseFence THEN {"K", "F", "G"} ELSE {"K", "G"}
    [] OTHER -> {}

Held(t, keys) == (gid /\ keys \cap {"K", "F", "B"} # {}) \/ \E u \in Threads \ {t} : Holds(pc[u]) \cap keys # {}

At(t, l) == pc[t] = l
Go(t, l) == pc' = [pc EXCEPT ![t] = l]
Only(t, l) == Go(t, l) /\ UNCHANGED <<cell, gid, row1, row2, fence, effects, said, lost, healed>>
Max(a, b) == IF a > b THEN a ELSE b

\* A row of attempt 1 becomes visible, with its fence, unless one is there already.
Plant(t, state, l) ==
  /\ row1' = IF row1 = "none" THEN state ELSE row1
  /\ fence' = Max(fence, 1)
  /\ Go(t, l)
  /\ UNCHANGED <<cell, gid, row2, effects, said, lost, healed>>

Tell(t, what, l) ==
  /\ said' = said \cup {what}
  /\ Go(t, l)
  /\ UNCHANGED <<cell, gid, row1, row2, fence, effects, lost, healed>>

-----------------------------------------------------------------------------
(* The ledger. *)

Fill(to) == cell' = to /\ UNCHANGED <<gid, row1, row2, fence, effects, said, lost, pc, healed>>

Begin == cell = "unknown" /\ Fill("open")
PlantTombstone == cell = "unknown" /\ Fill("I")
DecideCommit == cell = "open" /\ "YES" \in said /\ Fill("C")
DecideAbort == cell = "open" /\ Fill("A")
DecideFallback == Fallback /\ cell = "open" /\ Fill("S")

-----------------------------------------------------------------------------
(* PREPARE. *)

TakePrepare(t) == t \in Processes /\ At(t, "idle") /\ ~healed /\ (cell \notin {"unknown", "I"} \/ Ghosts) /\ Only(t, "p_look")

\* Fence and row in one statement, then the gid in another one.
PrepareLook(t) ==
  /\ At(t, "p_look")
  /\ Only(t, CASE fence > 1 \/ row1 \in {"abo", "lost"} -> "idle"   \* NO(FENCED)
               [] row1 = "ro" -> "p_vote"
               [] row1 = "com" -> "ack_committed"
               [] OTHER -> "p_gid")

PrepareGid(t) ==
  /\ At(t, "p_gid")
  /\ IF gid THEN Only(t, "p_vote") ELSE Only(t, "p_work") \/ Only(t, "x_tombstone")   \* or the budget is spent

\* 55P03 on any row: look again, it may be our own other copy.
PrepareWork(t) ==
  /\ At(t, "p_work")
  /\ \/ Only(t, IF Held(t, {"K"}) THEN "p_look" ELSE "p_fence")
     \/ ReadOnly /\ Only(t, "p_fencero")

PrepareFence(t) ==
  /\ pc[t] \in {"p_fence", "p_fencero"}
  /\ Only(t, CASE Held(t, {"F", "B"}) -> "p_look"
               [] fence > 1 /\ RetestFence -> "idle"
               [] row1 # "none" /\ PlainInsert -> "p_look"
               [] OTHER -> IF At(t, "p_fence") THEN "p_prepare" ELSE "p_readonly")

PrepareTransaction(t) ==
  /\ At(t, "p_prepare")
  /\ \/ gid /\ Only(t, "p_look")
     \/ /\ ~gid /\ gid' = TRUE /\ Go(t, "p_vote")
        /\ UNCHANGED <<cell, row1, row2, fence, effects, said, lost, healed>>
     \/ Only(t, IF CheckTag THEN "idle" ELSE "p_vote")      \* the block was aborted: no error, the tag is ROLLBACK

PrepareReadOnly(t) == At(t, "p_readonly") /\ Plant(t, "ro", "p_vote")
VoteYes(t) == At(t, "p_vote") /\ Tell(t, "YES", "idle")

\* NO(EXPIRED): plants its tombstone without rolling anything back.
Expire(t) ==
  \/ /\ At(t, "x_tombstone")
     /\ Only(t, IF Held(t, {"F", "B"}) \/ row1 # "none" THEN "p_look" ELSE IF fence > 1 THEN "idle" ELSE "x_commit")
  \/ At(t, "x_commit") /\ Plant(t, "abo", "idle")

Prepare(t) ==
  \/ PrepareLook(t) \/ PrepareGid(t) \/ PrepareWork(t) \/ PrepareFence(t) \/ PrepareTransaction(t)
  \/ PrepareReadOnly(t) \/ VoteYes(t) \/ Expire(t)

-----------------------------------------------------------------------------
(* COMMIT, by the participant or from outside. *)

TakeCommit(t) ==
  /\ At(t, "idle") /\ cell = "C" /\ (healed => said \cap {"COMMITTED", "LOST"} = {})
  /\ Only(t, IF CommitPreparedFirst THEN "c_prepared" ELSE "c_rowfirst")

CommitPrepared(t) ==
  /\ pc[t] \in {"c_prepared", "c_blind"}
  /\ IF gid
     THEN /\ gid' = FALSE /\ row1' = (IF row1 = "none" THEN "com" ELSE row1) /\ fence' = Max(fence, 1)
          /\ effects' = [effects EXCEPT ![1] = @ + 1] /\ Go(t, "ack_committed")
          /\ UNCHANGED <<cell, row2, said, lost, healed>>
     ELSE Only(t, CASE At(t, "c_blind") -> "ack_lost" [] AbsentIsLost -> "c_row" [] OTHER -> "ack_committed")

CommitRow(t) ==
  \/ At(t, "c_rowfirst") /\ Only(t, IF row1 \in {"com", "ro"} THEN "ack_committed" ELSE "c_blind")
  \/ /\ At(t, "c_row")
     /\ Only(t, CASE row1 \in {"com", "ro"} -> "ack_committed"
                  [] row1 = "abo" -> "idle"      \* violation: alarm
                  [] row1 = "lost" -> "ack_lost"
                  [] OTHER -> IF PlantLost THEN "c_plant" ELSE "ack_lost")

CommitPlantLost(t) ==
  \/ /\ At(t, "c_plant")
     /\ Only(t, CASE Held(t, {"F", "B"}) -> "c_prepared" [] row1 # "none" -> "c_row" [] OTHER -> "c_commit")
  \/ At(t, "c_commit") /\ Plant(t, "lost", "ack_lost")

Commit(t) ==
  \/ CommitPrepared(t) \/ CommitRow(t) \/ CommitPlantLost(t)
  \/ At(t, "ack_committed") /\ Tell(t, "COMMITTED", "idle")
  \/ At(t, "ack_lost") /\ Tell(t, "LOST", "idle")

-----------------------------------------------------------------------------
(* ABORT, by the participant or from outside. *)

TakeAbort(t) ==
  /\ At(t, "idle") /\ (healed => "ABORTED" \notin said)
  /\ cell \in {"A", "S", "I"} \/ (cell = "unknown" /\ ~AbsenceIsNoAnswer)
  /\ Only(t, IF RollbackFirst THEN "a_rollback" ELSE "a_tombstone")

RollbackPrepared(t) ==
  /\ At(t, "a_rollback")
  /\ gid' = FALSE
  /\ Go(t, CASE ~RollbackFirst \/ (t \in Watchdogs /\ ~OutsideTombstone) -> "ack_aborted"
             [] ~AckAfterTombstone -> "ack_early"
             [] OTHER -> "a_tombstone")
  /\ UNCHANGED <<cell, row1, row2, fence, effects, said, lost, healed>>

Planted == CASE ~RollbackFirst -> "a_rollback" [] ~AckAfterTombstone -> "idle" [] OTHER -> "ack_aborted"

AbortTombstone(t) ==
  \/ /\ At(t, "a_tombstone")
     /\ Only(t, CASE Held(t, {"F", "B"}) -> IF RollbackFirst THEN (IF RepeatOnLock THEN "a_rollback" ELSE "ack_aborted")
                                              ELSE (IF RepeatOnLock THEN "a_tombstone" ELSE "a_rollback")
                  [] row1 = "none" -> "a_commit"
                  [] row1 \in {"abo", "ro"} -> Planted
                  [] OTHER -> "idle")             \* violation: alarm
  \/ At(t, "a_commit") /\ Plant(t, "abo", Planted)

Abort(t) ==
  \/ RollbackPrepared(t) \/ AbortTombstone(t)
  \/ At(t, "ack_early") /\ Tell(t, "ABORTED", "a_tombstone")
  \/ At(t, "ack_aborted") /\ Tell(t, "ABORTED", "idle")

-----------------------------------------------------------------------------
(* ACTION of attempt 2 (R3). *)

TakeAction(t) == t \in Processes /\ At(t, "idle") /\ cell = "S" /\ (healed => row2 = "none") /\ Only(t, "s_rollback")

ActionRollback(t) ==
  /\ At(t, "s_rollback")
  /\ gid' = FALSE /\ Go(t, IF RaiseFence THEN "s_fence" ELSE "s_handler")
  /\ UNCHANGED <<cell, row1, row2, fence, effects, said, lost, healed>>

ActionFence(t) == At(t, "s_fence") /\ Only(t, IF Held(t, {"F"}) THEN "s_rollback" ELSE "s_handler")

\* A duplicate repeats the stored result; a lock is RETRY.
ActionHandler(t) ==
  /\ At(t, "s_handler")
  /\ Only(t, CASE row2 # "none" -> "idle" [] Held(t, {"K", "G"}) -> "idle" [] OTHER -> "s_commit")

ActionCommit(t) ==
  /\ At(t, "s_commit")
  /\ \E to \in {"done", "failed"} :
       /\ row2' = to
       /\ effects' = IF to = "done" THEN [effects EXCEPT ![2] = @ + 1] ELSE effects
  /\ fence' = (IF RaiseFence THEN 2 ELSE fence)
  /\ Go(t, "idle")
  /\ UNCHANGED <<cell, gid, row1, said, lost, healed>>

Action(t) == ActionRollback(t) \/ ActionFence(t) \/ ActionHandler(t) \/ ActionCommit(t)

-----------------------------------------------------------------------------
(* Faults. *)

Crash(t) == ~At(t, "idle") /\ ~healed /\ Only(t, "idle")

LoseGid ==
  /\ LosesGids /\ gid /\ ~lost /\ ~healed
  /\ gid' = FALSE /\ lost' = TRUE
  /\ UNCHANGED <<cell, row1, row2, fence, effects, said, pc, healed>>

CollectEarly ==
  /\ ~KeepTombstone /\ said \cap {"COMMITTED", "ABORTED"} # {} /\ row1 # "none"
  /\ row1' = "none" /\ fence' = 0
  /\ UNCHANGED <<cell, gid, row2, effects, said, lost, pc, healed>>

Heal == Heals /\ ~healed /\ healed' = TRUE /\ UNCHANGED <<cell, gid, row1, row2, fence, effects, said, lost, pc>>

Work(t) == Prepare(t) \/ Commit(t) \/ Abort(t) \/ Action(t)
Take(t) == TakePrepare(t) \/ TakeCommit(t) \/ TakeAbort(t) \/ TakeAction(t)
Decide == DecideCommit \/ DecideAbort \/ DecideFallback
Environment == Begin \/ PlantTombstone \/ LoseGid \/ CollectEarly \/ Heal

Next == (\E t \in Threads : Work(t) \/ Take(t) \/ Crash(t)) \/ Decide \/ Environment
Spec == Init /\ [][Next]_vars

\* Every session goes on, the participant's process takes what it still owes, and the coordinator decides.
FairSpec ==
  /\ Spec
  /\ \A t \in Threads : WF_vars(Work(t))
  /\ \A t \in Processes : WF_vars(TakeCommit(t)) /\ WF_vars(TakeAbort(t)) /\ WF_vars(TakeAction(t))
  /\ WF_vars(Decide)

-----------------------------------------------------------------------------
(* What must hold. *)

\* The branch follows the cell, and what COMMIT promised is there.
G1_FollowsDecision ==
  /\ effects[1] > 0 => cell = "C"
  /\ effects[2] > 0 => cell = "S"
  /\ cell = "C" => gid \/ lost \/ row1 \in {"com", "ro"} \/ ("COMMITTED" \in said /\ ~KeepTombstone)

\* What the coordinator is told is true for ever.
G2_TruthfulAcks ==
  /\ "COMMITTED" \in said => effects[1] = 1 \/ row1 = "ro"
  /\ "LOST" \in said => lost /\ effects[1] = 0
  /\ ~({"COMMITTED", "ABORTED"} \subseteq said)

G5_ExactlyOnce == effects[1] + effects[2] <= 1

\* Nothing is prepared behind an acknowledged abort or behind an action.
G7_StaleHarmless == gid => "ABORTED" \notin said /\ row2 = "none"

Settled ==
  /\ ~gid
  /\ cell = "C" => said \cap {"COMMITTED", "LOST"} # {}
  /\ cell \in {"A", "I", "S"} => "ABORTED" \in said
  /\ cell = "S" => row2 # "none"
  /\ cell # "open"
G4_Settled == healed ~> Settled
=============================================================================
