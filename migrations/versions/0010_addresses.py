"""slugs, former codes, the share link of a result"""

import sqlalchemy as sa
from alembic import op

from app.platform.migrating import refuse_downgrade_with

from ideas.slugs import free_slug

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('address',
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('text', sa.String(length=80), nullable=False),
    sa.Column('challenge_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['challenge_id'], ['challenge.id'], name=op.f('fk_address_challenge_id_challenge'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('kind', 'text', name=op.f('pk_address'))
    )
    op.create_index(op.f('ix_address_challenge_id'), 'address', ['challenge_id'])
    # Not in a batch: SQLite would make the table anew, and can't drop the old one while others refer to it.
    op.add_column('challenge', sa.Column('slug', sa.String(length=80), nullable=False, server_default=''))
    op.add_column('challenge', sa.Column('chosen_share', sa.String(length=20), nullable=True))
    op.add_column('challenge', sa.Column('result_token', sa.String(length=40), nullable=True))
    op.create_index(op.f('ix_challenge_result_token'), 'challenge', ['result_token'], unique=True)
    _fill()


def _fill() -> None:
    """Give every challenge a slug from its title, in the order of their ids."""
    connection = op.get_bind()
    challenge = sa.table('challenge', sa.column('id'), sa.column('title'), sa.column('code'), sa.column('slug'))
    address = sa.table('address', sa.column('kind'), sa.column('text'), sa.column('challenge_id'))
    taken: set[str] = set()
    for key, title, code in connection.execute(sa.select(challenge.c.id, challenge.c.title, challenge.c.code).order_by(challenge.c.id)).all():
        slug = free_slug(title, taken)
        taken.add(slug)
        connection.execute(challenge.update().where(challenge.c.id == key).values(slug=slug))
        connection.execute(address.insert(), [
            {'kind': 'slug', 'text': slug, 'challenge_id': key},
            {'kind': 'code', 'text': code, 'challenge_id': key},
        ])


def downgrade() -> None:
    refuse_downgrade_with(
        "SELECT 1 FROM challenge WHERE chosen_share IS NOT NULL", 'It would forget with whom results may be shared.'
    )
    op.drop_index(op.f('ix_challenge_result_token'), 'challenge')
    op.drop_column('challenge', 'result_token')
    op.drop_column('challenge', 'chosen_share')
    op.drop_column('challenge', 'slug')
    op.drop_table('address')
