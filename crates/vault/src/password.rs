//! Passwords that people chose: argon2id (RFC 9106), on the blocking pool, two at a time, with a short queue behind.
//! Owns the only slow hash in Magpie and the bounds that keep a stranger from making it expensive:
//! the length is checked before anything is hashed, and a full queue answers `Busy` at once (law 12).
//! Called by flows for administrators' passwords. Client secrets are generated and belong to `hash`.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use argon2::password_hash::{Output, ParamsString, PasswordHash, Salt, SaltString};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use magpie_domain::Entropy;
use magpie_domain::entropy::bytes;
use subtle::ConstantTimeEq as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError};
use zeroize::Zeroizing;

use crate::error::VaultError;

/// The longest password in bytes; checked before hashing, so that length is no lever.
pub const LONGEST_PASSWORD: usize = 512;
/// Hashes computed at the same time: 19 MiB and one core each.
const AT_ONCE: usize = 2;
/// Hashes that may wait or run; the rest is turned away.
const IN_LINE: usize = 16;

const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// What an imported hash may ask for at most: a row must not be able to exhaust the host either.
const MOST_MEMORY_KIB: u32 = 65_536;
const MOST_PASSES: u32 = 10;
const MOST_LANES: u32 = 4;

/// Why a password was not hashed or compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordRefused {
    /// Longer than [`LONGEST_PASSWORD`] bytes.
    #[error("a password has at most 512 bytes")]
    TooLong,
    /// Too many others are waiting; try again.
    #[error("too many passwords are being checked")]
    Busy,
    /// The stored text is not an argon2id hash within our bounds.
    #[error("the stored password hash is unreadable")]
    StoredUnreadable,
    /// Something broke.
    #[error(transparent)]
    Broken(#[from] VaultError),
}

/// Hashes and compares passwords. Made once; cloning shares the permits and the memory.
#[derive(Clone)]
pub struct Passwords {
    line: Arc<Semaphore>,
    at_once: Arc<Semaphore>,
    /// Working memory kept between hashes: giving it back each time costs hundreds of MiB in allocator arenas.
    memory: Arc<Mutex<Vec<Vec<Block>>>>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self {
            line: Arc::new(Semaphore::new(IN_LINE)),
            at_once: Arc::new(Semaphore::new(AT_ONCE)),
            memory: Arc::default(),
        }
    }
}

impl fmt::Debug for Passwords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Passwords({} places free)", self.line.available_permits())
    }
}

impl Passwords {
    /// Hashes a new password into a PHC string.
    ///
    /// # Errors
    /// [`PasswordRefused::TooLong`], [`PasswordRefused::Busy`], or [`PasswordRefused::Broken`].
    pub async fn hash(
        &self,
        password: &str,
        entropy: &dyn Entropy,
    ) -> Result<String, PasswordRefused> {
        let salt = bytes::<16>(entropy).map_err(VaultError::from)?;
        let params = Params::new(MEMORY_KIB, PASSES, LANES, Some(32)).map_err(broken)?;
        let phc_params = ParamsString::try_from(&params).map_err(broken)?;
        let output = self.run(password, params, salt.to_vec()).await?;
        let salt = SaltString::encode_b64(&salt).map_err(broken)?;
        let hash = PasswordHash {
            algorithm: argon2::ARGON2ID_IDENT,
            version: Some(Version::V0x13.into()),
            params: phc_params,
            salt: Some(salt.as_salt()),
            hash: Some(Output::new(&output).map_err(broken)?),
        };
        Ok(hash.to_string())
    }

    /// Whether `password` is the one behind `stored`, a PHC string of ours or an imported argon2id one.
    ///
    /// # Errors
    /// [`PasswordRefused::TooLong`], [`PasswordRefused::Busy`], [`PasswordRefused::StoredUnreadable`]
    /// or [`PasswordRefused::Broken`].
    pub async fn verify(&self, password: &str, stored: &str) -> Result<bool, PasswordRefused> {
        let Stored { params, salt, output } =
            Stored::read(stored).ok_or(PasswordRefused::StoredUnreadable)?;
        let computed = self.run(password, params, salt).await?;
        Ok(computed.as_slice().ct_eq(output.as_bytes()).into())
    }

    async fn run(
        &self,
        password: &str,
        params: Params,
        salt: Vec<u8>,
    ) -> Result<Zeroizing<Vec<u8>>, PasswordRefused> {
        if password.len() > LONGEST_PASSWORD {
            return Err(PasswordRefused::TooLong);
        }
        let permits = self.queue().await?;
        let memory = Arc::clone(&self.memory);
        let password = Zeroizing::new(password.to_owned());
        let work = move || {
            // Both permits live as long as the work, even when the one who asked has gone away.
            let _permits = permits;
            compute(&memory, params, password.as_bytes(), &salt)
        };
        let done = tokio::task::spawn_blocking(work).await;
        Ok(done.map_err(|_panicked| VaultError::PasswordHashing)??)
    }

    async fn queue(&self) -> Result<[OwnedSemaphorePermit; 2], PasswordRefused> {
        let place =
            Arc::clone(&self.line).try_acquire_owned().map_err(|refused| match refused {
                TryAcquireError::NoPermits => PasswordRefused::Busy,
                TryAcquireError::Closed => VaultError::PasswordHashing.into(),
            })?;
        let turn = Arc::clone(&self.at_once)
            .acquire_owned()
            .await
            .map_err(|_closed| VaultError::PasswordHashing)?;
        Ok([place, turn])
    }
}

fn compute(
    memory: &Mutex<Vec<Vec<Block>>>,
    params: Params,
    password: &[u8],
    salt: &[u8],
) -> Result<Zeroizing<Vec<u8>>, VaultError> {
    let length = params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN);
    let mut output = Zeroizing::new(vec![0_u8; length]);
    let lock = || memory.lock().unwrap_or_else(PoisonError::into_inner);
    let mut blocks = lock().pop().unwrap_or_default();
    blocks.resize(params.block_count(), Block::default());
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let done = argon.hash_password_into_with_memory(password, salt, &mut output, &mut blocks);
    lock().push(blocks);
    done.map_err(|_argon| VaultError::PasswordHashing)?;
    Ok(output)
}

/// A stored hash taken apart.
struct Stored {
    params: Params,
    salt: Vec<u8>,
    output: Output,
}

impl Stored {
    fn read(phc: &str) -> Option<Self> {
        let hash = PasswordHash::new(phc).ok()?;
        let version = hash.version == Some(Version::V0x13.into());
        if hash.algorithm != argon2::ARGON2ID_IDENT || !version {
            return None;
        }
        let params = Params::try_from(&hash).ok()?;
        let bounded = params.m_cost() <= MOST_MEMORY_KIB
            && params.t_cost() <= MOST_PASSES
            && params.p_cost() <= MOST_LANES;
        let mut salt = [0_u8; Salt::MAX_LENGTH];
        let salt = hash.salt?.decode_b64(&mut salt).ok()?.to_vec();
        bounded.then_some(Self { params, salt, output: hash.hash? })
    }
}

/// argon2's own errors are dropped: they say nothing an operator could act on.
fn broken<E>(_cause: E) -> PasswordRefused {
    VaultError::PasswordHashing.into()
}
