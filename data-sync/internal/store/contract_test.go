package store

import "testing"

// contract is what every engine must hold to, each rule a test of its name. The
// rules over nightly.Store are in package storecontract.
func contract(t *testing.T, open func(t *testing.T) *Store) {
	for _, c := range []struct {
		name string
		rule func(t *testing.T, s *Store)
	}{
		{"IntakeTellsNewUnchangedChangedHeld", intakeTellsNewUnchangedChangedHeld},
		{"IntakeOfTheSameFileAgainChangesNothing", intakeOfTheSameFileAgainChangesNothing},
		{"IntakeKeepsAnIdenticalRepeatedRowOnce", intakeKeepsAnIdenticalRepeatedRowOnce},
		{"TheFirstImportFixesTheIdentityColumns", theFirstImportFixesTheIdentityColumns},
		{"IntakeKeepsRowsThatDifferElsewhere", intakeKeepsRowsThatDifferElsewhere},
		{"VolatileColumnsMakeNoRevision", volatileColumnsMakeNoRevision},
		{"TheHistoryOfAReportIsReadable", theHistoryOfAReportIsReadable},
		{"ALongHistoryIsCut", aLongHistoryIsCut},
		{"AChangedVerbatimBeginsANewVersionAndEndsTheOldCoding", aChangedVerbatimBeginsANewVersion},
		{"AChangedVerbatimIsPendingAgainWhoeverDecided", aChangedVerbatimIsPendingAgainWhoeverDecided},
		{"AChangedLanguageBeginsANewVersion", aChangedLanguageBeginsANewVersion},
		{"ChangedFieldsLeaveStatusAndCodingAlone", changedFieldsLeaveStatusAndCodingAlone},
		{"TwoVerbatimsOfOneIdentityInOneBatchAreBothKeptAndHeld", twoVerbatimsInOneBatch},
		{"TwoVerbatimsOfOneIdentityOverTwoBatchesMoveTheEarlierRowToHeld", twoVerbatimsOverTwoBatches},
		{"ADuplicateOfACodedReportEndsItsCoding", aDuplicateOfACodedReportEndsItsCoding},
		{"HeldVariantsAreUnchangedWhenTheFileComesAgain", heldVariantsAreUnchangedWhenTheFileComesAgain},
		{"AFurtherVerbatimOfAnUnsettledDuplicateIsAFurtherVariant", aFurtherVerbatimOfAnUnsettledDuplicate},
		{"ABatchSentAgainAnswersWhatItAnsweredFirst", aBatchSentAgainAnswersWhatItAnsweredFirst},
		{"ABatchWithOtherRowsUnderTheSameIdentityIsRefused", aBatchWithOtherRowsIsRefused},
		{"BatchesOutOfOrderAreRefused", batchesOutOfOrderAreRefused},
		{"UnreadableRowsAreKeptOncePerFileAndCountedInEachImport", unreadableRowsAreKeptOnce},
		{"BytesThatAreNoTextAreKeptRaw", bytesThatAreNoTextAreKeptRaw},
		{"SQLInAVerbatimIsData", sqlInAVerbatimIsData},
		{"ARowWithoutIdentityIsRefusedByItsLine", aRowWithoutIdentityIsRefusedByItsLine},
		{"ColumnsComeInOrderOfFirstAppearance", columnsComeInOrderOfFirstAppearance},
		{"SubmitStoresOneReportOnce", submitStoresOneReportOnce},
		{"RecordCodesOneReportAndNeverAgainstAPerson", recordCodesOneReport},
		{"AccountsBalanceWhateverComes", accountsBalanceWhateverComes},

		{"TenStartsAtOnceFixEachMemberOnce", tenStartsFixEachMemberOnce},
		{"TheDatabaseKeepsAReportOutOfTwoOpenPasses", theDatabaseKeepsAReportOutOfTwoOpenPasses},
		{"OpenPassRefusesWhatCannotBe", openPassRefusesWhatCannotBe},
		{"EndPassRefusesWhatCannotBe", endPassRefusesWhatCannotBe},
		{"AnEndedPassNotesTheAuditHeadOfItsEnd", anEndedPassNotesTheAuditHeadOfItsEnd},

		{"ClaimChunkRefusesWhatCannotBe", claimChunkRefusesWhatCannotBe},
		{"ARenewalLeavesAFinishedChunkWithoutLease", aRenewalLeavesAFinishedChunkWithoutLease},
		{"ARepeatedCommitLeavesNoAudit", aRepeatedCommitLeavesNoAudit},
		{"CommitRefusesAnImpossibleResult", commitRefusesAnImpossibleResult},
		{"ADuplicateFoundInMidRunIsNotCoded", aDuplicateFoundInMidRunIsNotCoded},
		{"TheDatabaseTakesNoSecondLiveCoding", theDatabaseTakesNoSecondLiveCoding},
		{"AReviewCodedLaterLeavesNoSuggestion", aReviewCodedLaterLeavesNoSuggestion},
		{"ProgressIsWhatTheMembersAddUpTo", progressIsWhatTheMembersAddUpTo},
		{"APassWhoseChunksDisagreeWithItsMembersIsNotEnded", aMiscountedPassIsNotEnded},
		{"ADatabaseSetBackCodesAgainWithoutDoubling", aDatabaseSetBackCodesAgain},

		{"GetOfAnUnknownReportIsNotFound", getOfAnUnknownReport},
		{"ListPagesByStatusAndStudy", listPagesByStatusAndStudy},
		{"EachGivesEveryReportOverManyPages", eachGivesEveryReport},
		{"ReviewsComeSeriousFirstWithCandidates", reviewsComeSeriousFirst},
		{"TheBacklogSaysWhatWaitsAndForHowLong", theBacklogSaysWhatWaitsAndForHowLong},
		{"AReportWaitsSinceItsPresentVerbatimOrStatus", aReportWaitsSinceItsPresentVerbatimOrStatus},
		{"TheLastFinishedPassIsTheOneThatEndedLast", theLastFinishedPassIsTheOneThatEndedLast},
		{"TheAuditChainVerifies", theAuditChainVerifies},
		{"TheInstallationKeyIsMadeOnceAndKept", theInstallationKeyIsKept},
		{"ThePiecesOfOneOverlongLineAreAllKeptOnce", thePiecesOfOneLineAreKept},
		{"ThePlantedEditOfAnAuditEntryIsFound", thePlantedEditIsFound},
		{"AnAuditCutOffAtItsEndIsFound", anAuditCutOffIsFound},
		{"NoVerbatimIsInTheAudit", noVerbatimIsInTheAudit},
		{"AnEndedContextWritesNothing", anEndedContextWritesNothing},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.rule(t, open(t))
		})
	}
}

func TestSQLiteHoldsTheContract(t *testing.T) {
	contract(t, func(t *testing.T) *Store { return openSQLite(t) })
}

func TestPostgresHoldsTheContract(t *testing.T) {
	contract(t, func(t *testing.T) *Store { return openPG(t) })
}
