//! A handler may be dropped at any await: the browser went away. Wherever that happens, the store stays healthy,
//! a transaction is there whole or not at all, and nobody else notices.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::house::{House, NOW, claim_key, later, soon};
use futures_util::future::join_all;
use magpie_domain::Claimed;
use magpie_store::{Result, Store, StoreError, claims};

/// Two rows in one transaction, with every kind of await in it.
async fn two_claims(store: &Store, number: u64) -> Result<()> {
    let mut tx = store.write().await?;
    let _one = claims::claim(&mut tx, &claim_key(number), NOW, later(60)).await?;
    let _two = claims::claim(&mut tx, &claim_key(number + 1), NOW, later(60)).await?;
    tx.commit().await
}

/// Polls a future at most so many times, then drops it: `None`. The wake-ups in between are real.
struct Impatient<F> {
    inner: Option<Pin<Box<F>>>,
    polls: usize,
}

impl<F: Future> Future for Impatient<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(inner) = self.inner.as_mut() else { return Poll::Ready(None) };
        if let Poll::Ready(output) = inner.as_mut().poll(context) {
            return Poll::Ready(Some(output));
        }
        self.polls -= 1;
        if self.polls == 0 {
            self.inner = None;
            return Poll::Ready(None);
        }
        Poll::Pending
    }
}

async fn impatiently<F: Future>(future: F, polls: usize) -> Option<F::Output> {
    Impatient { inner: Some(Box::pin(future)), polls }.await
}

async fn is_there(store: &Store, number: u64) -> bool {
    let mut tx = store.read().await.unwrap();
    claims::outcome_of(&mut tx, &claim_key(number)).await.unwrap().is_some()
}

/// Whether two rows that were written together are there together, or not at all.
///
/// A caller who leaves during `COMMIT` leaves it to PostgreSQL, which may finish between our two looks: the answer is
/// what is seen once both agree. Half a transaction never agrees.
async fn whole_or_not_at_all(store: &Store, one: u64, two: u64) -> bool {
    for _look in 0..100 {
        if is_there(store, one).await == is_there(store, two).await {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    false
}

/// Seen red with a `BEGIN` that was cut off forgotten by the keeper: nobody could begin any more.
#[tokio::test]
async fn a_caller_dropped_at_any_await_leaves_all_or_nothing_and_a_healthy_store() {
    for house in House::both().await {
        let mut finished = false;
        for polls in 1..60 {
            let number = u64::try_from(polls).unwrap() * 10;
            let ran =
                soon("the caller", impatiently(two_claims(&house.store, number), polls)).await;
            finished |= ran.is_some();
            // The next one gets its turn and is not touched by what was left behind.
            soon("the next", two_claims(&house.store, number + 2)).await.unwrap();
            let whole = whole_or_not_at_all(&house.store, number, number + 1).await;
            assert!(whole, "half a transaction after {polls} polls");
            assert!(is_there(&house.store, number + 3).await);
        }
        assert!(finished, "60 polls were not enough to finish once; the test proves too little");
    }
}

/// The same in a crowd: neighbours in the very batch that somebody leaves are told the truth.
/// Seen red with the keeper's `ROLLBACK TO member` taken out: half a transaction was committed with the others.
#[tokio::test]
async fn callers_who_leave_a_shared_batch_do_not_disturb_the_others() {
    for house in House::both().await {
        for polls in 1..40 {
            let base = u64::try_from(polls).unwrap() * 1000;
            let leaving = join_all(
                (0..4).map(|each| impatiently(two_claims(&house.store, base + each * 10), polls)),
            );
            let staying = join_all((50..58).map(|each| two_claims(&house.store, base + each * 10)));
            let (_left, stayed) = soon("the crowd", async { tokio::join!(leaving, staying) }).await;
            for (answer, each) in stayed.iter().zip(50..58) {
                assert_eq!(*answer, Ok(()), "after {polls} polls");
                assert!(is_there(&house.store, base + each * 10).await);
            }
            for each in 0..4 {
                let number = base + each * 10;
                let whole = whole_or_not_at_all(&house.store, number, number + 1).await;
                assert!(whole, "half a transaction after {polls} polls");
            }
        }
    }
}

/// A statement that was cut off leaves the transaction unusable: nobody knows what became of it.
#[tokio::test]
async fn a_transaction_whose_statement_was_cut_off_cannot_go_on() {
    for house in House::both().await {
        let mut cut_off = 0;
        for number in 0..100 {
            let key = claim_key(number);
            let mut tx = house.store.write().await.unwrap();
            // A quick database may answer within the first poll; then there is nothing to see.
            if impatiently(claims::claim(&mut tx, &key, NOW, later(60)), 1).await.is_some() {
                continue;
            }
            cut_off += 1;
            let next = claims::claim(&mut tx, &claim_key(1000), NOW, later(60)).await;
            assert_eq!(next, Err(StoreError::Unsettled));
            assert_eq!(tx.commit().await, Err(StoreError::Unsettled));
            assert!(!is_there(&house.store, number).await);
        }
        assert!(cut_off > 0, "no statement was cut off; the test proves nothing");
        let mut tx = house.store.write().await.unwrap();
        let fresh = claims::claim(&mut tx, &claim_key(1000), NOW, later(60)).await;
        assert_eq!(fresh, Ok(Claimed::First));
        tx.commit().await.unwrap();
    }
}
