"""Operations on arrays that transforms and decoders share: on the host, and as operations of a model."""
