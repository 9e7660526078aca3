"""named links to a challenge, and who joined by which"""

import sqlalchemy as sa
from alembic import op

from app.platform.migrating import refuse_downgrade_with

revision = '0044'
down_revision = '0043'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'share_link',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('challenge_id', sa.Integer(), nullable=False),
        sa.Column('token', sa.String(length=16), nullable=False),
        sa.Column('label', sa.String(length=60), nullable=False),
        sa.Column('created_at', sa.BigInteger(), nullable=False),
        sa.Column('retired_at', sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(['challenge_id'], ['challenge.id'], name=op.f('fk_share_link_challenge_id_challenge')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_share_link')),
        sa.UniqueConstraint('token', name=op.f('uq_share_link_token')),
    )
    op.create_index(op.f('ix_share_link_challenge_id'), 'share_link', ['challenge_id'])
    with op.batch_alter_table('participant') as batch:
        batch.add_column(sa.Column('link_id', sa.Integer(), nullable=True))
        batch.create_foreign_key(op.f('fk_participant_link_id_share_link'), 'share_link', ['link_id'], ['id'])
        batch.create_index(op.f('ix_participant_link_id'), ['link_id'])


def downgrade() -> None:
    refuse_downgrade_with('SELECT 1 FROM share_link', 'Named links would lose their labels and the people who joined by them.')
    with op.batch_alter_table('participant') as batch:
        batch.drop_index(op.f('ix_participant_link_id'))
        batch.drop_constraint(op.f('fk_participant_link_id_share_link'), type_='foreignkey')
        batch.drop_column('link_id')
    op.drop_index(op.f('ix_share_link_challenge_id'), table_name='share_link')
    op.drop_table('share_link')
