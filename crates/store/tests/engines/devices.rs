//! Devices that wait, on both engines: found by either code in time, answered once, redeemed once, swept away.

use magpie_domain::testing::{sample_device, sample_grant};
use magpie_domain::{ClientId, Device, DeviceAnswer, Lifetime};
use magpie_store::devices::{self, Allowed};
use magpie_store::{Once, Tx, purge};

use crate::house::{House, NOW, hash, later};

/// Keeps the device of that number; its codes hash to 10 and 20 more.
async fn waiting(tx: &mut Tx, number: u8) -> Device {
    let device = Device {
        resources: vec!["https://a.example".to_owned(), "https://b.example".to_owned()],
        ..sample_device(u64::from(number))
    };
    let (secret, code) = (hash(number + 10), hash(number + 20));
    assert_eq!(devices::insert(tx, &device, &secret, &code).await, Ok(Once::Won(())));
    device
}

/// V3, V4. Seen red with devices found that do not wait any more.
#[tokio::test]
async fn a_device_is_found_by_its_codes_and_by_the_persons_only_while_it_waits() {
    for house in House::both().await {
        let mut tx = house.store.write().await.unwrap();
        let (one, two) = (waiting(&mut tx, 1).await, waiting(&mut tx, 2).await);
        assert_eq!(devices::find(&mut tx, &one.id, &hash(11)).await, Ok(Some(one.clone())));
        assert_eq!(devices::find(&mut tx, &one.id, &hash(12)).await, Ok(None));
        assert_eq!(devices::find(&mut tx, &two.id, &hash(11)).await, Ok(None));
        for (code, now, found) in
            [(21, NOW, true), (21, later(599), true), (21, later(600), false), (23, NOW, false)]
        {
            let device = devices::find_waiting(&mut tx, &hash(code), now).await;
            assert_eq!(device, Ok(found.then(|| one.clone())), "{code} {now}");
        }
        let again = devices::insert(&mut tx, &sample_device(3), &hash(13), &hash(21)).await;
        assert_eq!(again, Ok(Once::TooLate), "a code that is taken is drawn anew");
        assert_eq!(devices::refuse(&mut tx, &one.id, NOW).await, Ok(Once::Won(())));
        assert_eq!(devices::find_waiting(&mut tx, &hash(21), NOW).await, Ok(None));
        let refused = devices::find(&mut tx, &one.id, &hash(11)).await.unwrap().unwrap();
        assert_eq!(refused.answer, Some(DeviceAnswer::Refused));
        tx.commit().await.unwrap();
    }
}

/// V2: the longer wait lasts, and an answer ends the waiting.
#[tokio::test]
async fn how_often_a_device_may_ask_is_kept_and_never_shortened() {
    for house in House::both().await {
        let mut tx = house.store.write().await.unwrap();
        let device = waiting(&mut tx, 1).await;
        for (interval, now, kept, polled) in [
            (5, later(1), 5, later(1)),
            (10, later(2), 10, later(2)),
            (5, later(3), 10, later(2)),
            (10, later(12), 10, later(12)),
        ] {
            let interval = Lifetime::from_seconds(interval);
            devices::polled(&mut tx, &device.id, interval, now).await.unwrap();
            let found = devices::find(&mut tx, &device.id, &hash(11)).await.unwrap().unwrap();
            assert_eq!(found.interval, Lifetime::from_seconds(kept));
            assert_eq!(found.polled_at, Some(polled));
        }
        assert!(devices::refuse(&mut tx, &device.id, NOW).await.unwrap().is_won());
        let longer = Lifetime::from_seconds(60);
        devices::polled(&mut tx, &device.id, longer, later(20)).await.unwrap();
        let found = devices::find(&mut tx, &device.id, &hash(11)).await.unwrap().unwrap();
        assert_eq!(found.polled_at, Some(later(12)));
        tx.commit().await.unwrap();
    }
}

/// V3: one answer, in time, and one redemption of a yes by its own client. Seen red with a code that is anybody's, with
/// one that can be used again, and with answers that do not ask whether there is one.
#[tokio::test]
async fn a_device_is_answered_once_and_its_code_is_taken_once() {
    for house in House::both().await {
        let mut tx = house.store.write().await.unwrap();
        let (device, late) = (waiting(&mut tx, 1).await, waiting(&mut tx, 2).await);
        let (id, app) = (&device.id, &device.client_id);
        let grant = sample_grant().id;
        assert_eq!(devices::allow(&mut tx, &late.id, &grant, later(600)).await, Ok(Once::TooLate));
        assert_eq!(devices::refuse(&mut tx, &late.id, later(600)).await, Ok(Once::TooLate));
        let early = devices::redeem(&mut tx, id, &hash(11), app, NOW).await;
        assert_eq!(early, Ok(Once::TooLate), "nobody has answered");
        let allowed = Allowed {
            secret_hash: hash(11),
            resources: device.resources.clone(),
            expires_at: device.expires_at,
        };
        assert_eq!(devices::allow(&mut tx, id, &grant, later(599)).await, Ok(Once::Won(allowed)));
        assert_eq!(devices::allow(&mut tx, id, &grant, NOW).await, Ok(Once::TooLate));
        assert_eq!(devices::refuse(&mut tx, id, NOW).await, Ok(Once::TooLate));
        let found = devices::find(&mut tx, id, &hash(11)).await.unwrap().unwrap();
        assert_eq!(found.answer, Some(DeviceAnswer::Allowed(grant)));
        let other = ClientId::parse("other").unwrap();
        for (secret, client, now, won) in [
            (12, app, NOW, false),
            (11, &other, NOW, false),
            (11, app, later(600), false),
            (11, app, later(599), true),
            (11, app, NOW, false),
        ] {
            let taken = devices::redeem(&mut tx, id, &hash(secret), client, now).await.unwrap();
            assert_eq!(taken.is_won(), won, "{secret} {client} {now}");
        }
        assert!(devices::find(&mut tx, id, &hash(11)).await.unwrap().unwrap().redeemed);
        let refused = devices::refuse(&mut tx, &late.id, NOW).await.unwrap();
        assert!(refused.is_won());
        let taken = devices::redeem(&mut tx, &late.id, &hash(12), app, NOW).await;
        assert_eq!(taken, Ok(Once::TooLate), "a no is never redeemed");
        tx.commit().await.unwrap();
    }
}

/// Law 12: what waited goes, and not before it can be told that it is too late.
#[tokio::test]
async fn devices_are_swept_when_nobody_asks_about_them_any_more() {
    for house in House::both().await {
        let mut tx = house.store.write().await.unwrap();
        waiting(&mut tx, 1).await;
        tx.commit().await.unwrap();
        let kept = purge::Retention::default().devices;
        assert!(kept > Lifetime::from_hours(1), "the longest wait");
        assert_eq!(purge::expired(&house.store, NOW.plus(kept)).await.unwrap().devices, 0);
        assert_eq!(purge::expired(&house.store, later(1).plus(kept)).await.unwrap().devices, 1);
    }
}
