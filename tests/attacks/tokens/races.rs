//! Many at once: one code, two replicas, and a winner who fails at the last step.

use futures_util::future::join_all;
use harness::{Application, Page, Tokens};

use crate::place::{Place, VERIFIER, assert_json, redeem};

const VERIFIED: (&str, &str) = ("code_verifier", VERIFIER);

/// The same request so many times at once, by turns to each of the applications' replicas.
async fn at_once(
    apps: &[Application],
    times: usize,
    code: &str,
    more: &[(&str, &str)],
) -> Vec<Page> {
    join_all((0..times).map(|turn| redeem(&apps[turn % apps.len()], code, more))).await
}

fn winners(pages: &[Page]) -> Vec<&Page> {
    let (won, lost): (Vec<_>, Vec<_>) = pages.iter().partition(|page| page.status == 200);
    for page in lost {
        assert_json(page, 400, "invalid_grant");
    }
    won
}

/// CC-01, T12: exactly one, without a single 5xx.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_64_redemptions_of_one_code_on_two_replicas_exactly_one_wins() {
    for mut place in Place::on_both_engines().await {
        let (address, stop) = place.house.replica().await;
        let apps = [place.app(), place.app().at(address)];
        for round in 0..6 {
            let bound = round % 2 == 0;
            let code =
                if bound { place.bound_code(&apps[0]).await } else { place.plain_code().await };
            let more: &[(&str, &str)] = if bound { &[VERIFIED] } else { &[] };
            let pages = at_once(&apps, 64, &code, more).await;
            let won = winners(&pages);
            assert_eq!(won.len(), 1, "round {round}");
            let tokens = Tokens::read(won[0]);
            let status = apps[1].userinfo(&tokens.access_token).await.status;
            // With the verifier they are one browser's echoes; without it nobody can tell them from thieves.
            assert_eq!(status.as_u16(), if bound { 200 } else { 401 }, "round {round}");
            let grant = code.split('.').next().unwrap();
            let revoked =
                format!("SELECT count(revoked_at) FROM grants WHERE grant_id = '{grant}'");
            assert_eq!(place.facts.number(&revoked).await, i64::from(!bound));
        }
        let sql = "SELECT count(*) FROM audit_events WHERE fact LIKE '%code_reused%'";
        assert_eq!(place.facts.number(sql).await, 3, "one row for each theft, not for each thief");
        stop.cancel();
        place.close().await;
    }
}

/// CC-02: the first transaction that takes the code fails while others wait for it; one of those may win.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_winner_who_fails_leaves_the_code_to_exactly_one_other() {
    let Some(mut place) = Place::on_postgres().await else { return };
    let (address, stop) = place.house.replica().await;
    let apps = [place.app(), place.app().at(address)];
    // A sequence counts what a rolled back transaction has done as well, so this fails exactly once.
    let fails_once = "CREATE SEQUENCE turns; CREATE FUNCTION boom() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
                      PERFORM pg_sleep(0.2); IF nextval('turns') = 1 THEN RAISE EXCEPTION 'boom'; END IF; RETURN NEW; END $$; \
                      CREATE TRIGGER boom BEFORE UPDATE OF code_used_at ON grants FOR EACH ROW EXECUTE FUNCTION boom()";
    for _ in 0..4 {
        let code = place.bound_code(&apps[0]).await;
        place.facts.run(fails_once).await;
        let pages = at_once(&apps, 16, &code, &[VERIFIED]).await;
        let (failed, rest): (Vec<_>, Vec<_>) =
            pages.into_iter().partition(|page| page.status.is_server_error());
        assert_eq!((failed.len(), rest.len()), (1, 15));
        assert_json(&failed[0], 500, "server_error");
        let won = winners(&rest);
        assert_eq!(won.len(), 1);
        let tokens = Tokens::read(won[0]);
        assert_eq!(apps[0].userinfo(&tokens.access_token).await.status, 200);
        place.facts.run("DROP FUNCTION boom() CASCADE; DROP SEQUENCE turns").await;
    }
    stop.cancel();
    place.close().await;
}

/// CC-02 where writers share a commit: everybody fails while the fault is there, then exactly one wins.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_that_nobody_could_take_is_taken_once_when_the_fault_is_gone() {
    for mut place in Place::on_both_engines().await {
        let apps = [place.app()];
        let code = place.bound_code(&apps[0]).await;
        let before = place.facts.picture().await;
        place.facts.break_statement("UPDATE OF code_used_at ON grants").await;
        for page in at_once(&apps, 16, &code, &[VERIFIED]).await {
            assert_json(&page, 500, "server_error");
        }
        place.facts.mend().await;
        assert_eq!(place.facts.picture().await, before);
        let pages = at_once(&apps, 16, &code, &[VERIFIED]).await;
        assert_eq!(winners(&pages).len(), 1);
        place.close().await;
    }
}

/// CC-02, decision 0005: those whose writes share the commit of somebody who fails are not taken down.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_failing_redemption_takes_nobody_elses_down() {
    for mut place in Place::on_both_engines().await {
        let app = place.app();
        let mut codes = Vec::new();
        for _ in 0..16 {
            codes.push(place.plain_code().await);
        }
        let unlucky = codes[7].split('.').next().unwrap();
        let event = if place.facts.is_postgres() {
            let sql = format!(
                "CREATE FUNCTION boom() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.grant_id = '{unlucky}' THEN RAISE EXCEPTION 'boom'; END IF; RETURN NEW; END $$; \
                 CREATE TRIGGER boom BEFORE UPDATE ON grants FOR EACH ROW EXECUTE FUNCTION boom()"
            );
            place.facts.run(&sql).await;
            None
        } else {
            Some(format!("UPDATE ON grants WHEN NEW.grant_id = '{unlucky}'"))
        };
        if let Some(event) = event {
            place.facts.break_statement(&event).await;
        }
        let pages = join_all(codes.iter().map(|code| redeem(&app, code, &[]))).await;
        for (at, page) in pages.iter().enumerate() {
            if at == 7 {
                assert_json(page, 500, "server_error");
            } else {
                assert_eq!(page.status, 200, "{at}: {}", page.body);
            }
        }
        place.facts.mend().await;
        assert_eq!(redeem(&app, &codes[7], &[]).await.status, 200);
        let used = place.facts.number("SELECT count(code_used_at) FROM grants").await;
        assert_eq!(used, 16, "what was answered 200 is in the database");
        place.close().await;
    }
}
